import { expect, test } from "vitest";
import { screenColors } from "../../../simulate/reporters/screen-colors.ts";

const TERMINAL = { isTerminal: true, isFile: false };
const PIPE = { isTerminal: false, isFile: false };
const FILE = { isTerminal: false, isFile: true };

test.each([
  ["a terminal", {}, TERMINAL, true],
  ["a terminal that is dumb", { TERM: "dumb" }, TERMINAL, false],
  ["a pipe", { TERM: "xterm" }, PIPE, false],
  ["CI's log", { CI: "true" }, PIPE, true],
  ["CI's log on a dumb terminal", { CI: "true", TERM: "dumb" }, PIPE, false],
  ["a file in CI", { CI: "true" }, FILE, false],
  ["a terminal without colours by wish", { NO_COLOR: "1" }, TERMINAL, false],
  ["a file with colours by wish", { FORCE_COLOR: "1" }, FILE, true],
  ["a terminal with no colours by wish", { FORCE_COLOR: "0" }, TERMINAL, false],
  ["CI's log, with both wishes", { CI: "true", NO_COLOR: "1", FORCE_COLOR: "1" }, PIPE, false],
])("%s: %o %o", (_, env, screen, isColored) => {
  expect(screenColors(env, screen).green("ok")).toBe(isColored ? "\x1b[32mok\x1b[39m" : "ok");
});
