import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url));
const { sizeBudget } = JSON.parse(read("package.json").toString()) as { sizeBudget: Record<string, { gzip: number }> };

test("the tag has a budget", () => {
  expect(sizeBudget).toHaveProperty(["dist/tag.js", "gzip"], expect.any(Number));
});

test.each(Object.entries(sizeBudget))("%s, as built by npm test, is within its budget of package.json: %j", (file, {
  gzip,
}) => {
  expect(gzipSync(read(file), { level: 9 }).length).toBeLessThanOrEqual(gzip);
});

test("the documents say how large the tag is", () => {
  const said = /\| the tag \| [\d.]+ kB, ([\d,]+) bytes with gzip \|/.exec(read("docs/measured.md").toString())?.[1];
  const bytes = gzipSync(read("dist/tag.js"), { level: 9 }).length;
  // Another zlib may need some bytes more or less.
  expect(Math.abs(Number(said?.replace(",", "")) - bytes)).toBeLessThan(16);
});
