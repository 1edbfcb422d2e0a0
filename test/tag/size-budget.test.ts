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
