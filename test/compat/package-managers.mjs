import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { program } from "./program.mjs";

/** npm's packages of the package managers, pinned; npm is the one that comes with Node. */
export const PACKAGE_MANAGERS = {
  npm: null,
  "npm git": null,
  "npm --omit=optional": null,
  pnpm: { package: "pnpm@10.34.8", bin: "pnpm/bin/pnpm.cjs" },
  "yarn 1": { package: "yarn@1.22.22", bin: "yarn/bin/yarn.js" },
  "yarn 4": { package: "@yarnpkg/cli-dist@4.18.1", bin: "@yarnpkg/cli-dist/bin/yarn.js" },
  "yarn 4 pnp": { package: "@yarnpkg/cli-dist@4.18.1", bin: "@yarnpkg/cli-dist/bin/yarn.js" },
};

/** Says the group of the definition's example, by import and by require. */
const PROGRAM = `
  const input = ["b8afe181-0214-45fa-8904-fce9229a8b42", "homepage_button_test", [["A", 50], ["B", 50]]];
  const required = require("fairsplit/core/assign").assign(...input);
  import("fairsplit/core").then(({ assign }) => console.log(required + assign(...input)));
`;

/** Plug'n'Play resolves imports; it does not see what `require` of an ES module resolves (Node 20.20, Yarn 4.18). */
const PROGRAM_OF_PNP = PROGRAM.replace('require("fairsplit/core/assign")', '(await import("fairsplit/core/assign"))');

/**
 * Installs the package by a package manager into an empty folder, imports it there, and runs its
 * command.
 *
 * @param sources `tarball` that was packed, and `git`, the checkout that `npm git` takes it from
 */
export async function installBy(manager, folder, { tarball, git }, tools) {
  const source = manager === "npm git" ? `git+file://${git}` : `file:${tarball}`;
  const manifest = { name: "consumer", private: true, dependencies: { fairsplit: source } };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  const { bin } = PACKAGE_MANAGERS[manager] ?? {};
  const isPnp = manager === "yarn 4 pnp";
  const file = isPnp ? "program.mjs" : "program.cjs";
  await writeFile(join(folder, file), isPnp ? PROGRAM_OF_PNP : PROGRAM);
  const env = {
    YARN_NODE_LINKER: isPnp ? "pnp" : "node-modules",
    // Otherwise Yarn 4 changes no lock file in CI.
    YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
    YARN_ENABLE_TELEMETRY: "0",
  };
  const own = bin ? [process.execPath, join(tools, "node_modules", bin)] : ["npm"];
  const flags = bin ? [] : ["--no-audit", ...(manager.includes("--omit") ? ["--omit=optional"] : [])];
  // Yarn 4 takes a folder for its own project only when that has a lock file.
  if (manager.startsWith("yarn 4")) await writeFile(join(folder, "yarn.lock"), "");
  await program(folder, [...own, "install", ...flags], env);
  const run = isPnp ? [...own, "node"] : [process.execPath];
  const groups = (await program(folder, [...run, file], env)).trim();
  if (groups !== "BB") throw new Error(`assigned "${groups}" instead of "BB"`);
  const command = isPnp ? [...own, "fairsplit"] : [join(folder, "node_modules/.bin/fairsplit")];
  const help = await program(folder, [...command, "--help"], env);
  if (!help.includes("fairsplit serve")) throw new Error(`fairsplit --help says "${help}"`);
}
