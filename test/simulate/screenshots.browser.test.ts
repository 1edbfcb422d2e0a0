import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { PROGRAM } from "../server/rig/built-program.ts";

const PAGE = `<!doctype html><link rel="icon" href="data:,"><script src="/tag.js"></script>
  <div data-exp="x"><template data-group="A">A</template></div><script>throw new Error("broken on purpose")</script>`;

test("--output has a screenshot of each visit that failed in the browser", async () => {
  const built = (name: string) => readFile(join(dirname(PROGRAM), name));
  const [tag, more] = await Promise.all([built("tag.js"), built("tag-more.js")]);
  const assigned = { state: "active", active: true, group: "A", fallback: "A", value: 0, epoch: 1, reason: "hash" };
  const answers: Record<string, unknown> = {
    "/api/experiments": { x: { state: "active", active: true, groups: { A: 1, B: 1 }, fallback: "A", control: "A" } },
    "/groups": { x: assigned },
    "/api/admin/runs": { run: "r", header: "h" },
    "/events": [],
  };
  const server = createServer((request, response) => {
    const path = request.url?.split("?")[0] ?? "";
    request.resume();
    if (path.startsWith("/tag-more.")) return response.setHeader("content-type", "text/javascript").end(more);
    return response.end(
      path === "/page" ? PAGE : path === "/tag.js" ? tag : JSON.stringify(answers[path] ?? { accepted: 1 }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/page`;
  const folder = await mkdtemp(join(tmpdir(), "fairsplit-test-"));
  try {
    const args = ["simulate", "--url", url, "-n", "2", "-q", "--reporter", "line", "--output", folder];
    await new Promise((resolve) => execFile(process.execPath, [PROGRAM, ...args], resolve));
    const { failures } = JSON.parse(await readFile(join(folder, "failures.json"), "utf8"));
    expect(failures).toEqual(
      [0, 1].map((visit) => ({ visit, reasons: ["Error: broken on purpose"], screenshot: `visit-${visit}.png` })),
    );
    const png = await readFile(join(folder, "visit-1.png"));
    expect(png.subarray(1, 4).toString()).toBe("PNG");
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
