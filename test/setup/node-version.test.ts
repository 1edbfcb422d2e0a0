import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ENTRIES = ["setup.mjs", "dist/fairsplit.js", "dist/simulate.js"];

/** Runs an entry in a Node that says it is another version. */
function runAs(version: string, entry: string) {
  const pretend = `Object.defineProperty(process.versions, "node", { value: "${version}" })`;
  return spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`, entry, "--help"],
    {
      cwd: ROOT,
      encoding: "utf8",
    },
  );
}

describe.each(ENTRIES)("a Node that is too old gets one sentence from %s", (entry) => {
  test.each(["12.22.12", "18.20.8", "20.18.3"])("%s", (version) => {
    const { status, stdout, stderr } = runAs(version, entry);
    expect(stderr).toBe(`fairsplit: needs Node 20.19 or newer; this is ${version} (${process.execPath})\n`);
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
  });
});

test("what such a Node reads before it is told has nothing newer than Node 12 in it", () => {
  for (const file of ["setup.mjs", "setup/node-version.mjs", "dist/fairsplit.js", "dist/simulate.js"]) {
    const source = readFileSync(join(ROOT, file), "utf8");
    expect(source).not.toMatch(/^import .* from|^await|node:|\?\?|\?\.|\|\|=/m);
  }
});

test("package.json asks for the same", () => {
  const { engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  expect(engines.node).toBe(">=20.19");
});
