import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npm } from "./dependencies.mjs";
import { fail, run, say } from "./say.mjs";

/** The oldest and the newest supported Node; tests run on both. */
const VERSIONS = ["20.19.0", "26.10.0"];

/** The other Nodes for the unit tests, from npm's package `node`. */
export async function otherNodes() {
  const nodes = [];
  for (const version of VERSIONS.filter((one) => one !== process.versions.node)) {
    const program = await provideNode(version);
    if (program) nodes.push({ version, program });
    else if (process.env.CI) fail(`Node ${version} cannot be installed, which CI tests with`, 3);
    else say(`Node ${version} cannot be installed here: the tests run without it`);
  }
  return nodes;
}

/** Path of a Node's program, installed into the cache if missing; null if that fails. */
export async function provideNode(version) {
  const folder = join("node_modules", ".cache", `fairsplit-node-${version}`);
  const bin = join(folder, "node_modules", "node", "bin");
  const program = join(process.cwd(), bin, process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(program)) return program;
  say(`installing Node ${version} …`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), "{}");
  const args = ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  const code = await run([...npm(), ...args, `node@${version}`], "still installing");
  return code === 0 && existsSync(program) ? program : null;
}
