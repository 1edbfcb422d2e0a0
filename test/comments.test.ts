import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const MAX_COLUMNS = 100;
const FOLDERS = ["bench", "cli", "core", "demo-pages", "server", "sdk", "setup", "simulate", "tag", "test"];
const COMMENT = /^\s*(?:\/\/|\/\*|\*)/;

test.each(FOLDERS)(`no comment line of %s/ is above ${MAX_COLUMNS} columns`, (folder) => {
  const long = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:tsx?|mjs)$/.test(name))
    .flatMap((name) =>
      readFileSync(join(folder, name), "utf8")
        .split("\n")
        .flatMap((line, i) => (COMMENT.test(line) && line.length > MAX_COLUMNS ? [`${name}:${i + 1}`] : [])),
    );
  expect(long).toEqual([]);
});
