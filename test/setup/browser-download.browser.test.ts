import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { findBrowser } from "../../simulate/browser.ts";
import { browserInstallers } from "../../simulate/browser-install.ts";
import { storedZip } from "./stored-zip.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The user `nobody` of Linux systems; whoever is no ordinary user becomes this one. */
const NOBODY = 65534;
const SHELL = "chrome-headless-shell-linux64/chrome-headless-shell";

/**
 * A download host whose headless shell starts this machine's browser; the other archives hold a
 * program that does nothing.
 */
async function downloadHost(): Promise<{ url: string; asked: string[] }> {
  const program = `#!/bin/sh\nexec "${findBrowser()}" --no-sandbox "$@"\n`;
  const shell = storedZip(SHELL, Buffer.from(program));
  const ffmpeg = storedZip("ffmpeg-linux", Buffer.from("#!/bin/sh\n"));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const archive = request.url?.includes("ffmpeg") ? ffmpeg : shell;
    response.setHeader("content-length", archive.length);
    response.end(request.method === "HEAD" ? undefined : archive);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

test.skipIf(process.platform !== "linux" || process.arch !== "x64")(
  "an ordinary user's downloaded browser is found, and visits",
  async () => {
    const home = await mkdtemp(join(tmpdir(), "fairsplit-home-"));
    onTestFinished(() => rm(home, { recursive: true, force: true }));
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await chown(home, NOBODY, NOBODY);
    await chmod(home, 0o755);
    const { url, asked } = await downloadHost();
    const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
    // No browser on this PATH.
    const env = { HOME: home, PATH: "/nowhere", TMPDIR: home, PLAYWRIGHT_DOWNLOAD_HOST: url };
    const run = ([program = "", ...args]: readonly string[], more = {}) =>
      new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
        execFile(program, args, { cwd: ROOT, ...user, env: { ...env, ...more } }, (error, stdout, stderr) => {
          resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
        });
      });

    const visits = [process.execPath, "dist/simulate.js", "-n", "3", "--json"];
    const without = await run(visits);
    expect(without.stderr).toContain("found no browser");
    expect(without.code).toBe(3);

    const [[step] = []] = browserInstallers().map(({ steps }) => steps);
    const installed = await run(step ?? []);
    expect(installed.stderr).toBe("");
    expect(installed.code).toBe(0);
    expect(asked.filter((path) => path.endsWith("/chrome-headless-shell-linux64.zip"))).not.toEqual([]);

    const seen = await run(visits);
    expect(seen.stderr).not.toContain("found no browser");
    expect(JSON.parse(seen.stdout)).toMatchObject({ ok: true, visits: 3 });
  },
  180_000,
);
