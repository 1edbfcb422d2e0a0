// The pre-script: needs nothing but Node itself. It installs the locked dependencies when they are
// missing or stale, builds when sources changed, finds (or installs) a browser where one is needed,
// says what it does, and hands over. A second call skips all of it. This file is read by Nodes that
// are too old as well: nothing newer than Node 12 in it.
import("./setup/node-version.mjs").then(({ nodeProblem }) => {
  const problem = nodeProblem(process.versions.node);
  if (problem !== null) {
    process.stderr.write(`fairsplit: ${problem}\n`);
    process.exit(3);
  }
  return import("./setup/main.mjs");
});
