import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { PROGRAM } from "../server/rig/built-program.ts";

const PAGE = `<!doctype html><script src="/tag.js"></script><div data-exp="x"><template data-group="A">A</template></div>`;
const CLAIMS = { x: { state: "active", active: true, groups: { A: 1, B: 1 }, fallback: "A", control: "A" } };
const GROUPS = { x: { state: "active", active: true, group: "A", fallback: "A", value: 0, epoch: 1, reason: "hash" } };

test("a run whose server stops answering is reported as far as it came, never ok, and ends with 3", async () => {
  const answers: Record<string, unknown> = {
    "/api/experiments": CLAIMS,
    "/groups": GROUPS,
    "/api/admin/runs": { run: "r", header: "h" },
  };
  const server = createServer(async (request, response) => {
    await text(request);
    const path = request.url?.split("?")[0] ?? "";
    if (path === "/events") response.writeHead(500).end();
    else response.end(path === "/" || path === "/page" ? PAGE : JSON.stringify(answers[path] ?? { accepted: 1 }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/page`;
  const folder = await mkdtemp(join(tmpdir(), "fairsplit-test-"));
  const file = join(folder, "report.json");
  try {
    const args = ["simulate", "--url", url, "-n", "20", "--driver", "http", "-q", "--reporter", `line,json=${file}`];
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    expect([code, error]).toEqual([3, expect.stringContaining("/events?run=r")]);
    expect(out).toMatch(/^fairsplit simulate failed: .*accounting/);
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({
      ok: false,
      partial: true,
      stopped: expect.stringContaining("answered 500"),
      visits: 20,
    });
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 30_000);

test("--output has the failing visits with their reasons", async () => {
  const server = createServer(async (request, response) => {
    await text(request);
    const path = request.url?.split("?")[0] ?? "";
    const answers: Record<string, unknown> = {
      "/api/experiments": CLAIMS,
      "/groups": GROUPS,
      "/api/admin/runs": { run: "r", header: "h" },
      "/events": [],
    };
    if (path === "/notes") response.writeHead(400).end("no");
    else response.end(path === "/page" ? PAGE : JSON.stringify(answers[path]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const folder = await mkdtemp(join(tmpdir(), "fairsplit-test-"));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/page`;
    const args = ["simulate", "--url", url, "-n", "3", "--driver", "http", "-q", "--output", join(folder, "out")];
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "ignore", "ignore"] });
    await once(child, "exit");
    const failures = JSON.parse(await readFile(join(folder, "out", "failures.json"), "utf8"));
    expect(failures).toMatchObject({
      count: 3,
      failures: [{ visit: 0, reasons: ["POST /notes answered 400: no"], screenshot: null }, { visit: 1 }, { visit: 2 }],
    });
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 30_000);

test("a run that --max-failures ended says so", async () => {
  const args = ["simulate", "-n", "300", "--driver", "http", "--scenario", "shop", "--fault", "double-events"];
  const child = spawn(process.execPath, [PROGRAM, ...args, "--max-failures", "1", "-q", "--json"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  expect([code, JSON.parse(out)]).toEqual([
    1,
    expect.objectContaining({ ok: false, partial: true, stopped: "as many visits failed as --max-failures says" }),
  ]);
}, 30_000);

const childrenOf = (pid: number | undefined): number[] => {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const rows = stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  return rows.flatMap(([child = 0, parent]) => (parent === pid ? [child] : []));
};

/** False for a process that has ended, even where nobody has asked for its exit code yet. */
const isRunning = (pid: number) =>
  /^[^Z\s]/.test(spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout);

/** Runs `simulate` with a folder of its own for temporary files, and sends it a signal. */
async function signalled(signal: NodeJS.Signals, begun: "server" | "visits") {
  const folder = await mkdtemp(join(tmpdir(), "fairsplit-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [temporary, file] = [join(folder, "tmp"), join(folder, "report.json")];
  await mkdir(temporary);
  const args = ["simulate", "-n", "1000000", "--driver", "http", "--reporter", `line,json=${file}`];
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, TMPDIR: temporary },
  });
  const serverOf = () => childrenOf(child.pid)[0] ?? 0;
  if (begun === "visits") await once(child.stderr, "data");
  else await expect.poll(serverOf, { timeout: 15_000 }).toBeGreaterThan(0);
  const server = serverOf();
  child.kill(signal);
  child.stderr.resume();
  const [code] = await once(child, "exit");
  await expect.poll(() => isRunning(server)).toBe(false);
  expect(await readdir(temporary)).toEqual([]);
  return { code, report: await readFile(file, "utf8").then(JSON.parse, () => null) };
}

describe.skipIf(process.platform === "win32").each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("a run that %s ends", (signal, code) => {
  test("is reported as far as it came, never ok, and leaves neither server nor files behind", async () => {
    expect(await signalled(signal, "visits")).toMatchObject({
      code,
      report: { ok: false, partial: true, stopped: null },
    });
  }, 30_000);

  test("while its server starts leaves neither server nor files nor an empty report", async () => {
    expect(await signalled(signal, "server")).toEqual({ code, report: null });
  }, 30_000);
});

test.skipIf(process.platform === "win32").each([
  ["visits", ["-n", "1000000", "--driver", "http"]],
  ["a drill", ["drill", "-n", "300", "--faults", "slow"]],
])(
  "nothing runs on after a kill -9 of %s",
  async (_, args) => {
    const temporary = await mkdtemp(join(tmpdir(), "fairsplit-test-"));
    onTestFinished(() => rm(temporary, { recursive: true, force: true, maxRetries: 10 }));
    const child = spawn(process.execPath, [PROGRAM, "simulate", ...args], {
      stdio: "ignore",
      env: { ...process.env, TMPDIR: temporary },
    });
    const isServing = async () => (await readdir(temporary)).some((name) => /-(data|drill)-/.test(name));
    await expect.poll(isServing, { timeout: 30_000 }).toBe(true);
    const least = args[0] === "drill" ? 2 : 1;
    await expect.poll(() => childrenOf(child.pid).length, { timeout: 15_000 }).toBeGreaterThanOrEqual(least);
    const children = childrenOf(child.pid);
    child.kill("SIGKILL");
    await once(child, "exit");
    await expect.poll(() => children.filter(isRunning), { timeout: 15_000 }).toEqual([]);
  },
  90_000,
);
