import { spawnSync } from "node:child_process";
import { npm } from "./dependencies.mjs";
import { otherNodes } from "./other-nodes.mjs";
import { fail, say } from "./say.mjs";

const NODE = process.execPath;
const TYPES = { name: "types", line: [NODE, "node_modules/typescript/bin/tsc", "--noEmit"] };
const LINT = {
  name: "lint",
  line: [NODE, "node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."],
};
/** The quick faults that tolerate a busy machine; `npm run faults` runs all. */
const FAULTS = [
  "kill power prefix full reserve eio read-only clock registry toggles forged poisoned flood stop connections malformed",
  "--mutants kill power prefix",
].map((faults) => ({ name: `faults ${faults}`, line: [NODE, "test/faults/run.mjs", "--short", ...faults.split(" ")] }));
/** The packed package as its users install it; needs the npm registry. */
const CONSUMERS = { name: "consumers", line: [NODE, "test/compat/run.mjs", "--quick"] };
const vitest = (name, args, node = NODE) => ({ name, line: [node, "node_modules/vitest/vitest.mjs", "run", ...args] });
/**
 * Tests of what differs between Nodes: the DOM, Web APIs and text. Only a part, because CI has two
 * cores.
 */
const ON_OTHER_NODES = ["test/tag", "test/core/assign", "test/core/evaluate", "test/core/rule", "test/core/event"];
const NO_BROWSER = ["--exclude", "**/*.browser.test.ts"];

/** The checks of each command, by its arguments. */
const CHECKS = {
  check: () => [TYPES, LINT],
  "test:unit": (args) => [vitest("unit tests", [...NO_BROWSER, ...args])],
  "test:browser": (args) => [vitest("browser tests", args.length > 0 ? args : [".browser.test."])],
  "test:engines": (args) => [vitest("the tag's main cases in each engine", ["test/engines", ...args])],
  "test:faults": () => FAULTS,
  test: async (args) => {
    if (args.length > 0) return [vitest("tests", args)];
    const others = (await otherNodes()).map(({ version, program }) =>
      vitest(`unit tests on Node ${version}`, [...NO_BROWSER, ...ON_OTHER_NODES], program),
    );
    // Run the faults alone, because some of their limits are in milliseconds. Run the tests last,
    // so that the output ends with their number.
    return [TYPES, LINT, ...consumers(), ...FAULTS, ...others, vitest("tests", [])];
  },
};

/** Offline, a checkout that is installed can still be tested. */
function consumers() {
  const [program, ...args] = [...npm(), "ping", "--fetch-retries=0"];
  if (process.env.CI || spawnSync(program, args, { stdio: "ignore" }).status === 0) return [CONSUMERS];
  say("the npm registry cannot be reached: the packed package's consumers are not tried");
  return [];
}

export const TEST_COMMANDS = Object.keys(CHECKS);

/** Runs a command's checks one after the other, and ends the process with 1 if one fails. */
export async function runTests(command, args) {
  const failed = (await CHECKS[command](args)).filter(
    ({ line: [program, ...rest] }) => spawnSync(program, rest, { stdio: "inherit" }).status !== 0,
  );
  if (failed.length > 0) fail(`failed: ${failed.map(({ name }) => name).join(", ")}`, 1);
}
