import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { example, freePort, hasProgram, PATH, PROXIES, startProxy } from "./real-proxies.ts";
import { ROOT, start } from "./server/rig/built-program.ts";
import { temporaryFolder } from "./server/rig/open-app.ts";

/** A proxy takes its time to see that the server is there. */
const PATIENT = { timeout: 30_000 };

const execute = promisify(execFile);

describe("the examples of deploy/", () => {
  test.for(PROXIES)("$name accepts its example, and serves the tag and health by it", async (proxy, { skip }) => {
    skip(!hasProgram(proxy.name), `${proxy.name} is not installed`);
    expect(example(proxy.file)).toContain("/run/fairsplit/fairsplit.sock");
    const folder = await temporaryFolder();
    const socket = join(folder, "fairsplit.sock");
    await start(["serve", "--data", join(folder, "data"), "--listen", `unix:${socket}`, "--trust-proxy", "1"]);
    const origin = await startProxy(proxy, { folder, socket, port: await freePort() });
    const statusOf = (path: string) =>
      fetch(origin + path).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(() => statusOf("/readyz"), PATIENT).toBe(200);
    expect(await statusOf("/tag.js")).toBe(200);
  });

  test.for(
    PROXIES.flatMap((proxy) => [true, false].map((isStripped) => ({ name: proxy.name, proxy, isStripped }))),
  )("$name serves below a path, which it takes off: $isStripped", async ({ proxy, isStripped }, { skip }) => {
    skip(!hasProgram(proxy.name), `${proxy.name} is not installed`);
    const folder = await temporaryFolder();
    const socket = join(folder, "fairsplit.sock");
    const port = await freePort();
    const base = `http://127.0.0.1:${port}/ab`;
    const listen = ["--listen", `unix:${socket}`, "--trust-proxy", "1", "--access-log", join(folder, "access.log")];
    await start(["serve", "--data", join(folder, "data"), ...listen, "--base-url", base]);
    await startProxy(proxy, { folder, socket, port }, (text) => proxy.below(text, "/ab", isStripped));
    const get = (url: string) => fetch(url, { headers: { accept: "text/html" } }).catch(() => null);
    await expect.poll(async () => (await get(`${base}/experiments`))?.status, PATIENT).toBe(200);
    const login = await get(`${base}/experiments`);
    expect(login?.url).toBe(`${base}/login?next=%2Fexperiments`);
    expect(await login?.text()).toContain('action="/ab/login"');
    expect(await (await get(`${base}/tag.js`))?.text()).toContain("data-exp");
    await get(`${base}/login/the-code-of-a-link`);
    const log = () => readFile(join(folder, "access.log"), "utf8");
    await expect.poll(log, PATIENT).toContain("GET /login/… ");
    expect(await log()).not.toContain("the-code");
  });

  test("systemd accepts its unit", async ({ skip }) => {
    skip(!hasProgram("systemd-analyze"), "systemd-analyze is not installed");
    const { stderr } = await execute("systemd-analyze", ["verify", join(ROOT, "deploy/fairsplit.service")], {
      env: { PATH },
    });
    expect(stderr).not.toContain("fairsplit.service");
  });

  test("the unit sets only what the server has as settings", async () => {
    const { SETTINGS } = await import("../server/config.ts");
    const set = [...example("fairsplit.service").matchAll(/^Environment=(\w+)=/gm)].map(([, name]) => name);
    expect(set.length).toBeGreaterThan(3);
    const known = SETTINGS.map(({ env }) => env);
    expect(set.filter((name) => !known.includes(name as string))).toEqual([]);
  });
});
