import { describe, expect, test } from "vitest";
import { defineExperiment } from "../../core/experiment.ts";
import { compileRoutes } from "../../core/routes.ts";
import { seededRandom } from "../../core/statistics/seeded-random.ts";

describe("which paths a glob stands for", () => {
  test.each<[glob: string, yes: readonly string[], no: readonly string[]]>([
    ["/", ["/"], ["", "/a", "//"]],
    ["/shop", ["/shop"], ["/", "/sho", "/shops", "/shop/", "/Shop", "/shop/a", "x/shop"]],
    ["/shop/", ["/shop/"], ["/shop"]],
    ["/shop/*", ["/shop/", "/shop/a", "/shop/a.b-c"], ["/shop", "/shop/a/", "/shop/a/b", "/shopa"]],
    ["/*/cart", ["/shop/cart", "//cart"], ["/cart", "/a/b/cart", "/shop/cart/"]],
    ["/p-*.html", ["/p-.html", "/p-1.html", "/p-1.2.html"], ["/p-1.htm", "/p/1.html", "/p-a/b.html", "/p-1xhtml"]],
    ["/a*b*c", ["/abc", "/axbxc", "/abbcc", "/abcabc"], ["/ab", "/acb", "/a/b/c", "/abcx"]],
    ["/**", ["/", "/a", "/a/b/", "/a/b/c"], []],
    ["/shop/**", ["/shop", "/shop/", "/shop/a", "/shop/a/b/c"], ["/", "/shops", "/shopping/a", "/a/shop"]],
    ["/**/cart", ["/cart", "/a/cart", "/a/b/cart"], ["/acart", "/cart/", "/a/cart/b"]],
    ["/a/**/b", ["/a/b", "/a/x/b", "/a/x/y/b", "/a/b/b"], ["/ab", "/a/xb", "/a/bx", "/a", "/b"]],
    ["/a/**/b/**", ["/a/b", "/a/x/b", "/a/b/y", "/a/x/b/y/z"], ["/a", "/a/x", "/a/xb/y"]],
    ["/a**b", ["/ab", "/a/b", "/ax/yb"], ["/a/bx", "/b"]],
    ["/a***b", ["/ab", "/a/b"], ["/a"]],
    ["/*", ["/", "/a"], ["/a/", "/a/b"]],
    ["/*/*", ["/a/b", "//"], ["/a", "/a/b/c"]],
    ["/a.b+c(d)[e]|^$?{1}\\", ["/a.b+c(d)[e]|^$?{1}\\"], ["/axb+c(d)[e]|^$?{1}\\", "/a.bbc(d)[e]"]],
    ["/café", ["/café", "/caf%C3%A9"], ["/cafe", "/caf%C3%A8"]],
    ["/caf%C3%A9/*", ["/café/a", "/caf%C3%A9/%F0%9F%9A%80"], ["/café"]],
    ["/50%", ["/50%", "/50%25"], ["/50", "/50%2525"]],
    ["/a%2Fb", ["/a%2Fb"], ["/a/b"]],
    ["/🚀*", ["/🚀", "/🚀x", "/%F0%9F%9A%80"], ["/🚁"]],
  ])("%s", (glob, yes, no) => {
    const test = compileRoutes([glob]);
    expect(yes.filter((path) => !test(path))).toEqual([]);
    expect(no.filter(test)).toEqual([]);
  });

  test("one of several is enough", () => {
    const test = compileRoutes(["/a", "/b/*"]);
    expect(["/a", "/b/c", "/c"].map(test)).toEqual([true, true, false]);
  });
});

test("no glob makes a path slow, where a regular expression would take for ever", () => {
  const glob = `/${"*a".repeat(127)}`;
  const isRoute = compileRoutes([glob]);
  const path = `/${"a".repeat(1022)}`;
  const start = performance.now();
  expect(isRoute(`${path}b`)).toBe(false);
  expect(isRoute(path)).toBe(true);
  expect(compileRoutes([`/${"**/".repeat(80)}x`])(`/${"a/".repeat(511)}`)).toBe(false);
  // Measured: 20 ms for all three.
  expect(performance.now() - start).toBeLessThan(1000);
});

test("500 globs that are as nasty as can be take a few milliseconds of a request", () => {
  const tests = Array.from({ length: 500 }, (_, n) => compileRoutes([`/${"*a".repeat(40)}${n}`]));
  const start = performance.now();
  expect(tests.some((isRoute) => isRoute(`/${"a".repeat(1000)}b`))).toBe(false);
  // Measured: 17 ms; 163 ms when places were followed one by one.
  expect(performance.now() - start).toBeLessThan(150);
});

test("globs of more places than a word has bits match as a regular expression does", () => {
  const random = seededRandom(19);
  const pick = (of: readonly string[]) => of[Math.floor(random() * of.length)] ?? "";
  const text = (length: number, of: readonly string[]) => Array.from({ length }, () => pick(of)).join("");
  let matches = 0;
  for (let n = 0; n < 20_000; n += 1) {
    const literals = ["a", "b", "/", "ab".repeat(16), "/a".repeat(17)];
    const parts = Array.from({ length: 4 }, () => [pick(literals), pick(["*", "**", "/**", "/**/", "*a", ""])]).flat();
    const glob = `/${parts.join("")}`;
    const path = `/${parts.map((part) => (part.includes("*") ? text(random() * 5, ["a", "b", "/"]) : part)).join("")}`;
    const words = { "/**": "(?:/.*)?", "*": "[^/]*" } as Record<string, string>;
    const pattern = glob.replace(/\/\*\*(?=\/|$)|\*+/g, (token) => words[token] ?? ".*");
    const isMatch = new RegExp(`^${pattern}$`).test(path);
    if (isMatch) matches += 1;
    expect([glob, path, compileRoutes([glob])(path)]).toEqual([glob, path, isMatch]);
  }
  expect(matches).toBeGreaterThan(2000);
});

describe("a path of more than 1,024 characters", () => {
  const long = `/shop/${"a".repeat(1100)}`;
  test.each<[glob: string, path: string, isSo: boolean]>([
    ["/shop/**", long, true],
    ["/shop/a*/**", `${long}/b`, false],
    ["/**", long, true],
    ["/*/a**", long, true],
    ["/shop/*", long, false],
    ["/**/end", `${long}/end`, false],
    // Letters, not their encoding, are counted.
    ["/shop/*", `/shop/${encodeURI("б".repeat(1000))}`, true],
    ["/shop/*", `/shop/${encodeURI("б".repeat(1100))}`, false],
  ])("is on %s, or not, by its first ones", (glob, path, isSo) => {
    expect(compileRoutes([glob])(path)).toBe(isSo);
  });

  test("holds nobody up: the costliest globs that may be saved take a fraction of what they took", () => {
    const glob = `/${"*a".repeat(127)}`;
    const isRoute = compileRoutes([glob, glob, glob, glob]);
    const start = performance.now();
    for (let n = 0; n < 1000; n += 1) isRoute(`/${"a".repeat(8190)}b`);
    // Measured: 1 ms; 8,000 ms when all of it was followed.
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

test.each([
  [["shop"]],
  [[""]],
  [["*"]],
  [[`/${"x".repeat(256)}`]],
  [["/\ud83d"]],
  [[7]],
  ["/"],
  [Array.from({ length: 101 }, () => "/")],
])("refuses the routes %j", (routes) => {
  const groups = ["A", "B"].map((name) => ({ name, weight: 1 }));
  const draft = { key: "k", groups, routes: routes as string[] };
  expect(() => defineExperiment(draft, "2026-01-31T12:00:00Z", "test")).toThrow(/^routes(\[0\])? is .*: allowed is /);
});
