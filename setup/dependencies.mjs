import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail, run, say } from "./say.mjs";

const STAMP = "node_modules/.fairsplit-lock";
/**
 * Environment variable set for npm, so that its `prepare` does not build what this script is about
 * to build.
 */
export const INSTALLING = "SETUP_IS_INSTALLING";

/** Installs the locked dependencies, unless node_modules has them for this system and this Node. */
export async function installDependencies() {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const here = fingerprint();
  const stamp = readStamp();
  if (stamp && Object.entries(here).every(([name, value]) => stamp[name] === value)) {
    const missing = missingPackages(lock, stamp.absent ?? []);
    if (missing.length === 0) return;
    say(`node_modules lacks ${some(missing)}`);
  }
  say("installing the locked dependencies (npm ci) …");
  // Remove the stamp first: a failed or interrupted install must not look complete.
  rmSync(STAMP, { force: true });
  // Retry once: npm 11.19 was once seen to crash on a large dev set.
  let code = await npmCi();
  if (code !== 0 && code !== "ENOENT") code = await npmCi();
  if (code === "ENOENT") fail("npm is not on the PATH: install it, or run this by npm", 3);
  const missing = missingPackages(lock, []);
  const required = missing.filter((path) => !lock.packages[path].optional);
  // npm 10 exits with 0 after an install without network.
  if (code !== 0 || required.length > 0) {
    const what = code !== 0 ? `npm ci failed with exit code ${code}` : `npm ci left out ${some(required)}`;
    fail(`${what}: it needs the npm registry (npm config get registry, proxy). Run the same command again then.`, 3);
  }
  writeFileSync(STAMP, JSON.stringify({ ...here, absent: missing }));
}

/** Identifies the system and the Node: native packages are specific to both. */
function fingerprint() {
  return {
    lock: createHash("sha256").update(readFileSync("package-lock.json")).digest("hex"),
    platform: process.platform,
    arch: process.arch,
    libc: libc(),
    node: Number(process.versions.node.split(".")[0]),
  };
}

/** "glibc" or "musl" on Linux, "" elsewhere. */
function libc() {
  if (process.platform !== "linux") return "";
  return process.report.getReport().header.glibcVersionRuntime ? "glibc" : "musl";
}

function readStamp() {
  try {
    const stamp = JSON.parse(readFileSync(STAMP, "utf8"));
    return typeof stamp === "object" ? stamp : null;
  } catch {
    return null;
  }
}

/**
 * Paths of the lock file's packages for this system that are missing.
 *
 * @param absent optional packages that npm itself left out
 */
function missingPackages({ packages }, absent) {
  const accepted = new Set(absent);
  return Object.entries(packages)
    .filter(([path, { os, cpu, libc: libcs, link }]) => {
      const isForHere = fits(os, process.platform) && fits(cpu, process.arch) && (!libcs || fits(libcs, libc()));
      return path !== "" && !link && isForHere && !accepted.has(path);
    })
    .flatMap(([path]) => (existsSync(join(path, "package.json")) ? [] : path));
}

/** Whether a list such as ["linux"] or ["!win32"] allows a value. */
function fits(allowed, value) {
  if (!allowed) return true;
  const rejections = allowed.filter((one) => one.startsWith("!"));
  return rejections.length > 0 ? !rejections.includes(`!${value}`) : allowed.includes(value);
}

function some(paths) {
  const names = paths.map((path) => path.replace(/^.*node_modules\//, ""));
  return names.length <= 3 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more packages`;
}

function npmCi() {
  // Override the user's npm configuration of omitted packages.
  const args = ["ci", "--include=dev", "--include=optional", "--no-fund", "--no-audit", "--loglevel=error"];
  return run([...npm(), ...args], "still installing", { [INSTALLING]: "1" });
}

/** Command line of npm: the running npm's own program, which needs no shell on Windows. */
export function npm() {
  const running = process.env.npm_execpath ?? "";
  if (/npm-cli\.js$/.test(running) && existsSync(running)) return [process.execPath, running];
  const beside = join(process.execPath, "..", "node_modules", "npm", "bin", "npm-cli.js");
  return process.platform === "win32" && existsSync(beside) ? [process.execPath, beside] : ["npm"];
}
