import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** The table that `npm run calibrate` prints, as docs/measured.md has it. */
const [, section = ""] = readFileSync("docs/measured.md", "utf8").split("\n## Calibration\n");
const ROW = /^\| (?<promise>.+?) \| (?<seen>[^|]+) \| (?<allowed>[^|]+) \| ✓ \|$/gm;

const rows = [...(section.split("\n## ")[0] ?? "").matchAll(ROW)].map(({ groups }) => groups ?? {});
const numberOf = (words: string) => Number(words.replaceAll(",", "").replace(/^p = /, ""));

test.each(
  rows.map(({ promise = "", seen = "", allowed = "" }) => [promise, seen, allowed]),
)("%s: %s is within its band, %s", (_, seen, allowed) => {
  const value = numberOf(seen.split(" of ")[0] ?? "");
  const [low, high] = allowed.split("–").map(numberOf);
  if (high !== undefined) {
    expect(value).toBeGreaterThanOrEqual(low as number);
    expect(value).toBeLessThanOrEqual(high);
  } else if (allowed.startsWith("at most ")) expect(value).toBeLessThanOrEqual(numberOf(allowed.slice(8)));
  else if (allowed.startsWith("at least ")) expect(value).toBeGreaterThanOrEqual(numberOf(allowed.slice(9)));
});

test("no promise is missing its mark", () => {
  expect(rows.length).toBeGreaterThan(50);
  expect(section).not.toContain("✗");
});

test("every benchmark's output is in the document, or in a table of its own", () => {
  const document = readFileSync("docs/measured.md", "utf8");
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
  const blocks = [...document.matchAll(/<!-- output of: npm run (bench:\w+).*? -->\n```\n([\s\S]*?)^```$/gm)];
  for (const [, name, output] of blocks) expect(output?.trim(), name).not.toBe("");
  const named = [...blocks.map(([, name]) => name), "bench:analysis", "bench:tag", "bench:visits"];
  expect(named.sort()).toEqual(
    Object.keys(scripts)
      .filter((name) => name.startsWith("bench:"))
      .sort(),
  );
});
