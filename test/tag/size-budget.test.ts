import { readFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url));
const { sizeBudget } = JSON.parse(read("package.json").toString()) as {
  sizeBudget: Record<string, { brotli: number }>;
};

test("the tag has a budget", () => {
  expect(sizeBudget).toHaveProperty(["dist/tag.js", "brotli"], expect.any(Number));
});

test.each(Object.entries(sizeBudget))("%s, as built by npm test, is within its budget of package.json: %j", (file, {
  brotli,
}) => {
  expect(brotliCompressSync(read(file)).length).toBeLessThanOrEqual(brotli);
});

test("the documents say how large the tag may be", () => {
  const said = /\| the tag \| at most ([\d,]+) bytes with brotli/.exec(read("docs/measured.md").toString())?.[1];
  expect(Number(said?.replace(",", ""))).toBe(sizeBudget["dist/tag.js"]?.brotli);
});
