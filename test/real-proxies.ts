import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ROOT } from "./server/rig/built-program.ts";

export const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
/** Otherwise the workers of a root's nginx are another user, who may not open the test's folder. */
const AS_ROOT = process.getuid?.() === 0 ? "user root; " : "";
export const example = (file: string) => readFileSync(join(ROOT, "deploy", file), "utf8");
export const hasProgram = (name: string) =>
  spawnSync("sh", ["-c", `command -v ${name}`], { env: { PATH } }).status === 0;

export interface Proxy {
  readonly name: string;
  readonly file: string;
  /** The example for a test: its address on loopback, and what an ordinary user may write. */
  adapt(text: string, port: number, folder: string): string;
  /** The same below a path, which the proxy leaves in requests or takes off. */
  below(text: string, path: string, isStripped: boolean): string;
  check(config: string): readonly string[];
  run(config: string): readonly string[];
}

export const PROXIES: readonly Proxy[] = [
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
    below: (text, path, isStripped) =>
      text
        .replace("location / {", `location ${path}/ {`)
        .replace("proxy_pass http://fairsplit;", `proxy_pass http://fairsplit${isStripped ? "/" : ""};`),
    check: (config) => ["-t", "-e", "stderr", "-c", config],
    run: (config) => ["-e", "stderr", "-c", config],
  },
  {
    name: "haproxy",
    file: "haproxy.cfg",
    adapt: (text, port) => text.replace("bind :80", `bind 127.0.0.1:${port}`),
    below: (text, path, isStripped) =>
      text
        .replace("default_backend fairsplit", `use_backend fairsplit if { path_beg ${path}/ }`)
        .replace(/^ {2}server .*/m, (line) =>
          isStripped ? `  http-request replace-path ${path}(/.*)? \\1\n${line}` : line,
        ),
    check: (config) => ["-c", "-f", config],
    run: (config) => ["-db", "-f", config],
  },
  {
    name: "caddy",
    file: "Caddyfile",
    adapt: (text, port) => `{\n\tadmin off\n}\n${text.replace("ab.example.com", `http://127.0.0.1:${port}`)}`,
    below: (text, path, isStripped) =>
      text.replace(
        /\treverse_proxy[\s\S]*?\n\t\}/,
        (block) => `\t${isStripped ? "handle_path" : "handle"} ${path}/* {\n\t${block}\n\t}`,
      ),
    check: (config) => ["validate", "--adapter", "caddyfile", "--config", config],
    run: (config) => ["run", "--adapter", "caddyfile", "--config", config],
  },
];

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/**
 * Starts a proxy by its example, on loopback and in front of a server's socket, once it has found
 * the configuration good; it ends with the test.
 *
 * @param change what is other in the example
 * @returns origin of the proxy
 */
export async function startProxy(
  proxy: Proxy,
  { folder, port, socket }: { folder: string; port: number; socket: string },
  change: (text: string) => string = (text) => text,
): Promise<string> {
  const config = join(folder, proxy.file);
  const text = change(example(proxy.file).replaceAll("/run/fairsplit/fairsplit.sock", socket));
  await writeFile(config, proxy.adapt(text, port, folder));
  const env = { PATH, HOME: folder };
  const { status, stderr } = spawnSync(proxy.name, proxy.check(config), { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${proxy.name} does not accept its example: ${stderr}`);
  const child = spawn(proxy.name, proxy.run(config), { env, stdio: "ignore" });
  onTestFinished(async () => {
    const closed = once(child, "close");
    if (child.kill()) await closed;
  });
  return `http://127.0.0.1:${port}`;
}
