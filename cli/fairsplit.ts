import { nodeProblem } from "../setup/node-version.mjs";

// Check first, before loading anything that an old Node cannot parse.
const problem = nodeProblem(process.versions.node);
if (problem === null) {
  import("./cli.js").then(({ runCli }) => runCli(process.argv.slice(2)));
} else {
  process.stderr.write(`fairsplit: ${problem}\n`);
  process.exitCode = 3;
}
