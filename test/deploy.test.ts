import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { ROOT, start } from "./server/rig/built-program.ts";
import { temporaryFolder } from "./server/rig/open-app.ts";

const execute = promisify(execFile);
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
/** Otherwise the workers of a root's nginx are another user, who may not open the test's folder. */
const AS_ROOT = process.getuid?.() === 0 ? "user root; " : "";
const example = (file: string) => readFileSync(join(ROOT, "deploy", file), "utf8");
const hasProgram = (name: string) => spawnSync("sh", ["-c", `command -v ${name}`], { env: { PATH } }).status === 0;

interface Proxy {
  readonly name: string;
  readonly file: string;
  /** The example for a test: its address on loopback, and what an ordinary user may write. */
  adapt(text: string, port: number, folder: string): string;
  check(config: string): readonly string[];
  run(config: string): readonly string[];
}

const PROXIES: readonly Proxy[] = [
  {
    name: "nginx",
    file: "nginx.conf",
    adapt: (text, port, folder) =>
      `${AS_ROOT}daemon off; pid ${folder}/nginx.pid; error_log stderr; events {}\nhttp { access_log off;\n${[
        "client_body",
        "proxy",
        "fastcgi",
        "uwsgi",
        "scgi",
      ]
        .map((name) => `${name}_temp_path ${folder}/${name};`)
        .join(" ")}\n${text.replace("listen 80;", `listen 127.0.0.1:${port};`)}}`,
    check: (config) => ["-t", "-e", "stderr", "-c", config],
    run: (config) => ["-e", "stderr", "-c", config],
  },
  {
    name: "haproxy",
    file: "haproxy.cfg",
    adapt: (text, port) => text.replace("bind :80", `bind 127.0.0.1:${port}`),
    check: (config) => ["-c", "-f", config],
    run: (config) => ["-db", "-f", config],
  },
  {
    name: "caddy",
    file: "Caddyfile",
    adapt: (text, port) => `{\n\tadmin off\n}\n${text.replace("ab.example.com", `http://127.0.0.1:${port}`)}`,
    check: (config) => ["validate", "--adapter", "caddyfile", "--config", config],
    run: (config) => ["run", "--adapter", "caddyfile", "--config", config],
  },
];

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("the examples of deploy/", () => {
  test.for(PROXIES)("$name accepts its example, and serves the tag and health by it", async (proxy, { skip }) => {
    skip(!hasProgram(proxy.name), `${proxy.name} is not installed`);
    const folder = await temporaryFolder();
    const socket = join(folder, "fairsplit.sock");
    const port = await freePort();
    const config = join(folder, proxy.file);
    expect(example(proxy.file)).toContain("/run/fairsplit/fairsplit.sock");
    const text = example(proxy.file).replaceAll("/run/fairsplit/fairsplit.sock", socket);
    await writeFile(config, proxy.adapt(text, port, folder));
    const env = { PATH, HOME: folder };
    await execute(proxy.name, proxy.check(config), { env });

    await start(["serve", "--data", join(folder, "data"), "--listen", `unix:${socket}`, "--trust-proxy", "1"]);
    const child = spawn(proxy.name, proxy.run(config), { env, stdio: "ignore" });
    onTestFinished(async () => {
      const closed = once(child, "close");
      if (child.kill()) await closed;
    });
    const statusOf = (path: string) =>
      fetch(`http://127.0.0.1:${port}${path}`).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(() => statusOf("/readyz")).toBe(200);
    expect(await statusOf("/tag.js")).toBe(200);
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
