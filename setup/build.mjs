import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fail, say } from "./say.mjs";

const SOURCES = [
  "core",
  "tag",
  "server",
  "simulate",
  "cli",
  "sdk",
  "setup/node-version.mjs",
  "setup/third-party.mjs",
  "build.mjs",
  "package.json",
  "package-lock.json",
];

/** Builds dist/ unless it was built from the same sources. Ends the process if that fails. */
export async function build() {
  const hash = createHash("sha256");
  for (const file of SOURCES.flatMap(listFiles).sort()) hash.update(`${file}\0`).update(readFileSync(file));
  const sources = hash.digest("hex");
  if (existsSync("dist/.sources") && readFileSync("dist/.sources", "utf8") === sources) return;
  say("building …");
  const { buildAll, stamp } = await import("../build.mjs");
  const sizes = await buildAll().catch(whyNot);
  for (const { file, bytes, gzip, brotli, budget } of sizes) {
    say(`${file}: ${bytes} bytes, ${gzip} gzip -9, ${brotli} brotli -11 (budget ${budget})`);
    if (brotli > budget) fail(`${file} is ${brotli - budget} bytes over its budget in package.json`, 1);
  }
  await stamp(sources);
}

function listFiles(path) {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path).flatMap((name) => listFiles(join(path, name)));
}

/**
 * Ends the process with the cause of a failed build. No stack trace: the compiler has shown its
 * errors already, or the message has them.
 */
function whyNot(error) {
  if (/^E[A-Z]+$/.test(error.code ?? "")) fail(`cannot build in ${process.cwd()}: ${error.message}`, 3);
  fail(`the build failed: ${error.errors ? "see above" : error.message}`, 1);
}
