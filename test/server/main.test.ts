import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, onTestFinished, test } from "vitest";
import { ROOT, run, start } from "./rig/built-program.ts";
import { temporaryFolder } from "./rig/open-app.ts";

const FIRST_SEGMENT = "events/00000001.ndjson";

const serve = async (...more: string[]) => {
  const data = await temporaryFolder();
  return { data, ...(await start(["serve", "--data", data, "--port", "0", ...more])) };
};

const post = (base: string, events: unknown) =>
  fetch(`${base}/events`, { method: "POST", body: JSON.stringify(events) });

async function stop(child: ChildProcess, closed: Promise<number | null>): Promise<number | null> {
  child.kill("SIGTERM");
  return closed;
}

/** A listener on a free loopback port. */
async function takePort(): Promise<number> {
  const holder = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void holder.close());
  await once(holder, "listening");
  return (holder.address() as AddressInfo).port;
}

describe("fairsplit serve", () => {
  test("says its base URL as its first line on stdout, and answers there", async () => {
    const { firstLine, base, output } = await serve();
    expect(firstLine).toMatch(/^fairsplit listening on http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await fetch(`${base}/healthz`)).json()).toEqual({ status: "ok" });
    expect(await (await fetch(`${base}/api/experiments`)).json()).toEqual({});
    expect(output.stdout).toBe(`${firstLine}\n`);
  });

  test("serves the built tag, and the admin pages' style sheet and script", async () => {
    const { base } = await serve();
    for (const name of ["tag.js", "badge.js", "debug.js", "admin.css", "admin.js"]) {
      expect(await (await fetch(`${base}/${name}`)).text()).toBe(await readFile(join(ROOT, "dist", name), "utf8"));
    }
  });

  test("makes an admin token that only its owner can read, says where it is, and asks for it", async () => {
    const { data, base, output } = await serve();
    const path = join(data, "admin-token");
    const token = (await readFile(path, "utf8")).trim();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(data, "secret"))).mode & 0o777).toBe(0o600);
    expect(output.stderr).toMatch(`fairsplit: made an admin token, it is in ${path}\n`);
    expect(output.stdout + output.stderr).not.toContain(token);
    const status = async (headers: Record<string, string>) => (await fetch(`${base}/experiments`, { headers })).status;
    expect(await status({})).toBe(401);
    expect(await status({ authorization: `Bearer ${token}x` })).toBe(401);
    expect(await status({ authorization: `Bearer ${token}` })).toBe(200);
  });

  test("keeps its token over a restart, and says nothing about it", async () => {
    const { data, child, closed } = await serve();
    const token = await readFile(join(data, "admin-token"), "utf8");
    await stop(child, closed);
    const again = await start(["serve", "--data", data, "--port", "0"]);
    expect(again.output.stderr).toBe("");
    expect(await readFile(join(data, "admin-token"), "utf8")).toBe(token);
    const { status } = await fetch(`${again.base}/experiments`, {
      headers: { authorization: `Bearer ${token.trim()}` },
    });
    expect(status).toBe(200);
  });

  test("takes a token from the environment, and then makes none", async () => {
    const data = await temporaryFolder();
    const token = "a-token-of-24-characters";
    const { base } = await start(["serve", "--data", data, "--port", "0"], { FAIRSPLIT_ADMIN_TOKEN: token });
    const { status } = await fetch(`${base}/events`, { headers: { authorization: `Bearer ${token}` } });
    expect(status).toBe(200);
    await expect(stat(join(data, "admin-token"))).rejects.toThrow("ENOENT");
  });

  test("has no demo pages", async () => {
    const { base } = await serve();
    const root = await fetch(`${base}/`, { redirect: "manual" });
    expect([root.status, root.headers.get("location")]).toEqual([302, "/experiments"]);
    expect((await fetch(`${base}/demo/7-admin-page`)).status).toBe(404);
  });

  test("refuses a body of more than 64 KiB, with and without its length, and says so", async () => {
    const { base } = await serve();
    const body = new Uint8Array(70_000).fill(0x20);
    const headers = { "content-type": "text/plain" };
    for (const sent of [body, new Blob([body]).stream()]) {
      const response = await fetch(`${base}/events`, {
        method: "POST",
        headers,
        body: sent,
        duplex: "half",
      } as RequestInit);
      expect(response.status).toBe(413);
      expect(response.headers.get("connection")).toBe("close");
      expect((await response.json()).detail).toBe("the body is longer than 65536 bytes");
    }
    expect((await post(base, { deviceId: "d1", event: "pageview" })).status).toBe(200);
  });
});

describe("fairsplit demo", () => {
  test("stores events whatever stands behind their path: nobody leaves some out by a parameter", async () => {
    const { base } = await start(["demo", "--data", await temporaryFolder(), "--port", "0"]);
    for (const query of ["", "?", "?force=headline_test:Future"]) {
      const body = JSON.stringify([{ event: "pageview", deviceId: "d1" }]);
      const headers = { "content-type": "text/plain" };
      const response = await fetch(`${base}/events${query}`, { method: "POST", headers, body });
      expect(await response.json(), query).toMatchObject({ accepted: 1 });
    }
    expect(await (await fetch(`${base}/events`)).json()).toHaveLength(3);
  });

  test("opens the demo and admin pages without a login, and makes no token", async () => {
    const data = await temporaryFolder();
    const { base } = await start(["demo", "--data", data, "--port", "0"]);
    for (const path of ["/", "/demo/7-admin-page", "/experiments", "/events"]) {
      expect((await fetch(`${base}${path}`)).status, path).toBe(200);
    }
    expect(Object.keys(await (await fetch(`${base}/api/experiments`)).json())).toEqual([
      "homepage_button_test",
      "headline_test",
    ]);
    await expect(stat(join(data, "admin-token"))).rejects.toThrow("ENOENT");
  });

  test.each(["0.0.0.0", "example.com"])("refuses to listen beyond loopback: %s", async (host) => {
    const { closed, lines } = run(["demo", "--host", host, "--data", await temporaryFolder()]);
    expect(await closed).toBe(2);
    expect(lines("stdout")).toEqual([]);
    expect(lines("stderr")).toEqual([
      expect.stringContaining(`host is "${host}": the demo has no login, allowed is a loopback address`),
    ]);
  });
});

describe("a taken port", () => {
  test("is exit 3 for serve", async () => {
    const port = await takePort();
    const { closed, lines } = run(["serve", "--data", await temporaryFolder(), "--port", String(port)]);
    expect(await closed).toBe(3);
    expect(lines("stdout")).toEqual([]);
    expect(lines("stderr").at(-1)).toMatch(`cannot listen on 127.0.0.1:${port}: listen EADDRINUSE`);
  });

  test("makes the demo move on, and say so", async () => {
    const port = await takePort();
    const { base, output } = await start(["demo", "--data", await temporaryFolder(), "--port", String(port)]);
    const moved = Number(new URL(base).port);
    expect(moved).toBeGreaterThan(port);
    expect(output.stderr).toBe(`fairsplit: port ${port} is taken, using ${moved}\n`);
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
  });
});

describe("data that is refused", () => {
  test.each([
    ["serve", "null"],
    ["serve", ""],
    ["demo", '{"schema":1,"experiments":[{"key":"1"}]}'],
  ])("%s with experiments.json %j is exit 78, names the file, and leaves it as it is", async (command, content) => {
    const data = await temporaryFolder();
    const path = join(data, "experiments.json");
    await writeFile(path, content);
    const { closed, lines } = run([command, "--data", data, "--port", "0"]);
    expect(await closed).toBe(78);
    expect(lines("stdout")).toEqual([]);
    expect(lines("stderr")).toEqual([expect.stringContaining(`fairsplit: ${path} is not a registry: `)]);
    expect(await readFile(path, "utf8")).toBe(content);
  });

  test("an empty admin token is exit 2: it would let everybody in", async () => {
    const data = await temporaryFolder();
    await writeFile(join(data, "admin-token"), "\n");
    const { closed, lines } = run(["serve", "--data", data, "--port", "0"]);
    expect(await closed).toBe(2);
    expect(lines("stderr")).toEqual([expect.stringContaining(`${join(data, "admin-token")} holds 0 characters`)]);
  });

  test("a data folder that cannot be made is exit 2", async () => {
    const { closed, lines } = run(["serve", "--data", "/dev/null/data", "--port", "0"]);
    expect(await closed).toBe(2);
    expect(lines("stderr")).toEqual([
      expect.stringContaining('data is "/dev/null/data", which cannot be made a folder'),
    ]);
  });
});

describe("a stop", () => {
  test("by SIGTERM is exit 0, with every acknowledged event in the file", async () => {
    const { base, child, closed, data } = await serve();
    const acknowledged: string[] = [];
    const senders = Array.from({ length: 8 }, async (_, sender) => {
      for (let n = 0; ; n += 1) {
        const id = `e-${sender}-${n}`;
        const response = await post(base, { id, deviceId: "d1", event: "pageview" }).catch(() => null);
        if (!response?.ok) return;
        acknowledged.push(id);
        if (acknowledged.length === 200) child.kill("SIGTERM");
      }
    });
    expect(await closed).toBe(0);
    await Promise.all(senders);
    const stored = await storedIds(data);
    expect(acknowledged.length).toBeGreaterThanOrEqual(200);
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
  });

  test("by SIGKILL loses no acknowledged event either, and the next start reads on", async () => {
    const { base, child, closed, data } = await serve();
    const acknowledged: string[] = [];
    const senders = Array.from({ length: 8 }, async (_, sender) => {
      for (let n = 0; ; n += 1) {
        const id = `e-${sender}-${n}`;
        const response = await post(base, { id, deviceId: "d1", event: "pageview" }).catch(() => null);
        if (!response?.ok) return;
        acknowledged.push(id);
        if (acknowledged.length === 200) child.kill("SIGKILL");
      }
    });
    await closed;
    await Promise.all(senders);
    const again = await start(["serve", "--data", data, "--port", "0"]);
    const resent = acknowledged.slice(0, 100).map((id) => ({ id, deviceId: "d1", event: "pageview" }));
    expect(await (await post(again.base, resent)).json()).toMatchObject({ accepted: 0, duplicates: 100 });
    const stored = await storedIds(data);
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
  });

  test("waits for no connection that is kept alive, and not long for one that never asked for anything", async () => {
    const { base, child, closed } = await serve();
    await fetch(`${base}/healthz`, { keepalive: true });
    const silent = connect(Number(new URL(base).port), "127.0.0.1");
    onTestFinished(() => void silent.destroy());
    await once(silent, "connect");
    await fetch(`${base}/healthz`);
    const before = performance.now();
    expect(await stop(child, closed)).toBe(0);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

describe("bad usage is exit 2 with one line and an example, and nothing on stdout", () => {
  test.each<[what: string, args: string[], env: Record<string, string>, message: string]>([
    ["a bad port", ["--port", "http"], {}, 'port is "http": allowed are whole numbers'],
    ["a setting that does not exist", [], { FAIRSPLIT_PROT: "80" }, "FAIRSPLIT_PROT is not a setting: allowed are"],
    ["a flag that does not exist", ["--bogus"], {}, "Unknown argument: bogus"],
    ["a fault, which only simulate has", ["--fault", "split-bias"], {}, "Unknown argument: fault"],
    ["a fault in the environment", [], { FAIRSPLIT_FAULT: "split-bias" }, "FAIRSPLIT_FAULT is not a setting"],
  ])("%s", async (_, args, env, message) => {
    const { closed, lines } = run(["serve", ...args], env);
    expect(await closed).toBe(2);
    expect(lines("stdout")).toEqual([]);
    expect(lines("stderr")).toEqual([expect.stringContaining(`fairsplit: ${message}`)]);
    expect(lines("stderr")[0]).toMatch(/[.?] For example: fairsplit serve .+$/);
  });
});

test("nothing that the server is made of knows the simulator or its faults", async () => {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["server/main.ts"],
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    write: false,
    metafile: true,
  });
  const files = Object.keys(metafile.inputs);
  expect(files).toContain("server/app.ts");
  expect(files.filter((file) => !/^(server|core)\//.test(file))).toEqual([]);
});

async function storedIds(data: string): Promise<Set<string>> {
  const lines = (await readFile(join(data, FIRST_SEGMENT), "utf8")).split("\n").slice(0, -1);
  const ids = lines.map((line) => JSON.parse(line).id as string);
  expect(new Set(ids).size).toBe(ids.length);
  return new Set(ids);
}

test("a start says what the history lacks, goes on, and gives no number again", async () => {
  const data = await temporaryFolder();
  const first = await start(["demo", "--data", data, "--port", "0"]);
  first.child.kill("SIGTERM");
  await first.closed;
  await writeFile(join(data, "history.ndjson"), "garbage\n");
  const { base, lines } = await start(["demo", "--data", data, "--port", "0"]);
  expect(lines("stderr")).toContain(
    "fairsplit: the history lacks 2 changes and has 1 unreadable lines: fairsplit verify names them",
  );
  const history = await (await fetch(`${base}/api/admin/history`)).json();
  expect(history.map(({ number, action }: Record<string, unknown>) => `${number} ${action}`)).toEqual([
    "4 imported",
    "3 imported",
  ]);
});
