import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const FOLDERS = ["core", "tag", "server", "simulate", "cli", "sdk", "setup"];
/** Functions of node:child_process that hand a text to a shell. */
const BY_SHELL = /import \{[^}]*\b(?:exec|execSync)\b[^}]*\} from "node:child_process"|\bshell: /;

test("no program is started by a shell, so that no path such as C:\\Program Files needs quoting", () => {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
  ).filter((file) => /\.(?:ts|tsx|mjs)$/.test(file));
  const starting = files.filter((file) => readFileSync(file, "utf8").includes('"node:child_process"'));
  expect(starting).toContain(join("setup", "say.mjs"));
  expect(starting.filter((file) => BY_SHELL.test(readFileSync(file, "utf8")))).toEqual([]);
});
