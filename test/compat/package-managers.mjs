import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { REACT } from "./consumer-packages.mjs";
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

/**
 * Text of a program that says what each import gave, as one line of JSON: the group of the
 * definition's example by import and by require, and the group of a visitor as a server answers, as
 * the SDK, React and OpenFeature say it.
 */
const PROGRAM = `
  const input = ["b8afe181-0214-45fa-8904-fce9229a8b42", "homepage_button_test", [["A", 50], ["B", 50]]];
  const required = require("fairsplit/core/assign").assign(...input);
  (async () => {
    const { assign } = await import("fairsplit/core");
    const { createClient } = await import("fairsplit/node");
    const { serverProvider } = await import("fairsplit/openfeature");
    const { GroupsProvider, Variant } = await import("fairsplit/react");
    const { createElement } = await import("react");
    const { renderToStaticMarkup } = await import("react-dom/server");

    const [deviceId, experiment] = input;
    // Enough for a busy machine.
    const client = createClient({ baseUrl: process.env.API, timeoutMs: 10_000 });
    const groups = await client.groups({ deviceId });
    const variant = createElement(Variant, { experiment, groups: { A: "A", B: "B" } }, "control");
    const rendered = renderToStaticMarkup(createElement(GroupsProvider, { groups: groups.all }, variant));
    const evaluation = await serverProvider(client).resolveStringEvaluation(experiment, "", { targetingKey: deviceId });
    console.log(JSON.stringify({
      assigned: required + assign(...input),
      state: groups.state,
      groups: [groups.group(experiment), rendered, evaluation.variant],
    }));
    await client.close();
  })();
`;

/**
 * Plug'n'Play resolves imports, but not `require` of an ES module (Node 20.20, Yarn 4.18).
 */
const PROGRAM_OF_PNP = PROGRAM.replace('require("fairsplit/core/assign")', '(await import("fairsplit/core/assign"))');

/**
 * Installs the package by a package manager into an empty folder, imports it there, and runs its
 * command.
 *
 * @param sources `tarball` that was packed, and `git`, the checkout that `npm git` takes it from
 * @param api URL of a running server
 */
export async function installBy(manager, folder, { tarball, git }, tools, api) {
  const source = manager === "npm git" ? `git+file://${git}` : `file:${tarball}`;
  const manifest = { name: "consumer", private: true, dependencies: { fairsplit: source, ...REACT } };
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
  const said = JSON.parse(await program(folder, [...run, file], { ...env, API: api }));
  const [group] = said.groups;
  if (said.assigned !== "BB") throw new Error(`assigned "${said.assigned}" instead of "BB"`);
  if (said.state !== "fresh" || !["A", "B"].includes(group) || said.groups.some((other) => other !== group)) {
    throw new Error(`server, React and OpenFeature say ${JSON.stringify(said)}`);
  }
  const command = isPnp ? [...own, "fairsplit"] : [join(folder, "node_modules/.bin/fairsplit")];
  const help = await program(folder, [...command, "--help"], env);
  if (!help.includes("fairsplit serve")) throw new Error(`fairsplit --help says "${help}"`);
}
