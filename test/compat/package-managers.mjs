import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { node, program } from "./program.mjs";

/** npm's packages of the package managers, pinned; npm is the one that comes with Node. */
export const PACKAGE_MANAGERS = {
  npm: null,
  pnpm: { package: "pnpm@10.34.8", bin: "pnpm/bin/pnpm.cjs" },
  "yarn 1": { package: "yarn@1.22.22", bin: "yarn/bin/yarn.js" },
  "yarn 4": { package: "@yarnpkg/cli-dist@4.18.1", bin: "@yarnpkg/cli-dist/bin/yarn.js" },
};

/** Says the group of the definition's example, by import and by require. */
const PROGRAM = `
  const input = ["b8afe181-0214-45fa-8904-fce9229a8b42", "homepage_button_test", [["A", 50], ["B", 50]]];
  const required = require("fairsplit/core/assign").assign(...input);
  import("fairsplit/core").then(({ assign }) => console.log(required + assign(...input)));
`;

/** Installs the packed package by a package manager into an empty folder, imports it there, and runs its command. */
export async function installBy(manager, folder, tarball, tools) {
  const dependencies = { fairsplit: `file:${tarball}` };
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, dependencies }));
  // Neither Plug'n'Play nor a lock file that may not change, which is what Yarn 4 does by default and in CI.
  const yarn = { YARN_NODE_LINKER: "node-modules", YARN_ENABLE_IMMUTABLE_INSTALLS: "false" };
  const { bin } = PACKAGE_MANAGERS[manager] ?? {};
  const install = bin
    ? [process.execPath, join(tools, "node_modules", bin), "install"]
    : ["npm", "install", "--no-audit"];
  // Yarn 4 takes a folder for its own project only when that has a lock file.
  if (manager === "yarn 4") await writeFile(join(folder, "yarn.lock"), "");
  await program(folder, install, { ...yarn, YARN_ENABLE_TELEMETRY: "0" });
  const groups = (await node(folder, ["-e", PROGRAM])).trim();
  if (groups !== "BB") throw new Error(`assigned "${groups}" instead of "BB"`);
  const help = await program(folder, [join(folder, "node_modules/.bin/fairsplit"), "--help"]);
  if (!help.includes("fairsplit serve")) throw new Error(`fairsplit --help says "${help}"`);
}
