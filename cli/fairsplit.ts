import { nodeProblem } from "../setup/node-version.mjs";

// Nothing else is loaded before: a Node that is too old could not read it.
const problem = nodeProblem(process.versions.node);
if (problem === null) {
  import("./cli.js").then(({ runCli }) => runCli(process.argv.slice(2)));
} else {
  process.stderr.write(`fairsplit: ${problem}\n`);
  process.exitCode = 3;
}
