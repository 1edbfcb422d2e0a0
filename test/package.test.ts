import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

/** A project that has the package installed, removed when the test ends. */
async function consumer(source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fairsplit-consumer-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "node_modules"));
  await symlink(ROOT, join(folder, "node_modules/fairsplit"), "junction");
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(join(folder, "index.ts"), source);
  return folder;
}

/**
 * Errors of a strict compiler that also checks our declarations; empty without any.
 */
async function complaints(source: string): Promise<string> {
  const args = ["--noEmit", "--strict", "--target", "es2023", "--module", "nodenext", "--moduleResolution", "nodenext"];
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const compile = run(process.execPath, [tsc, ...args, "index.ts"], { cwd: await consumer(source) });
  return compile.then(
    ({ stdout }) => stdout,
    ({ stdout }) => stdout,
  );
}

describe("what the package exports", () => {
  test("is there, as code and as types", async () => {
    const { exports } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
    const files = Object.values(exports as Record<string, string | Record<string, string>>).flatMap((target) =>
      typeof target === "string" ? [target] : Object.values(target),
    );
    expect(files.length).toBeGreaterThanOrEqual(5);
    for (const file of files) await access(join(ROOT, file));
  });

  test.each([
    ["fairsplit/core", "assign"],
    ["fairsplit/statistics", "wilson"],
  ])("%s can be imported from a built checkout", async (name, member) => {
    const program = `import(${JSON.stringify(name)}).then((exported) => console.log(typeof exported.${member}))`;
    expect((await run(process.execPath, ["-e", program], { cwd: ROOT })).stdout).toBe("function\n");
  });

  test("type-checks where it is used, with moduleResolution nodenext", async () => {
    const source = `
      import { assign, type Experiment } from "fairsplit/core";
      import { wilson, type WilsonResult } from "fairsplit/statistics";
      export const group: string = assign("d1", "headline_test", [["A", 50], ["B", 50]]);
      export const key = (experiment: Experiment): string => experiment.key;
      export const interval: (...input: Parameters<typeof wilson>) => WilsonResult = wilson;
    `;
    expect(await complaints(source)).toBe("");
  });

  test("type-checks on a back end, whose compiler knows no types of Node's", async () => {
    const source = `
      import { type Client, createClient, expressGroups, fastifyGroups, honoGroups } from "fairsplit/node";
      import { exposureHook, serverProvider } from "fairsplit/openfeature";
      export const client: Client = createClient({ baseUrl: "https://ab.example.com" });
      export const middleware = [expressGroups(client), fastifyGroups, honoGroups(client)];
      export const flags = [serverProvider(client), exposureHook({ baseUrl: "https://ab.example.com" })];
    `;
    expect(await complaints(source)).toBe("");
  });

  test("has types that refuse what is wrong", async () => {
    const source = 'import { assign } from "fairsplit/core";\nassign(1, "headline_test", [["A", "50"]]);\n';
    expect(await complaints(source)).toMatch(/^index\.ts\(2,8\): error TS2345/);
  });
});

test("the packed package has what it needs to run, and nothing else", async () => {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts", "--offline"];
  const { stdout } = await run("npm", args, { cwd: ROOT, shell: process.platform === "win32" });
  // npm 11 answers with a list, npm 12 with an object by name.
  const [packed] = Object.values(JSON.parse(stdout)) as { files: { path: string; mode: number }[] }[];
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const paths = packed?.files.map(({ path }) => path) ?? [];
  for (const path of [
    "LICENSE",
    "README.md",
    "package.json",
    "dist/fairsplit.js",
    "dist/simulate.js",
    "dist/tag.js",
    "dist/given.js",
    "dist/badge.js",
    "dist/debug.js",
    "dist/tag-module.js",
    "dist/types/tag/module.d.ts",
    "dist/admin.css",
    "dist/admin.js",
    "dist/core.js",
    "dist/statistics.js",
    "dist/types/core/index.d.ts",
    "dist/types/core/statistics/index.d.ts",
    "dist/THIRD-PARTY.txt",
    "demo-pages/index.html",
    // Pictures of the README.
    ...[...readme.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, path]) => path),
  ]) {
    expect(paths).toContain(path);
  }
  expect(
    paths.filter((path) => !/^(dist|demo-pages)\/|^(LICENSE|README\.md|package\.json|docs\/\w+\.png)$/.test(path)),
  ).toEqual([]);
  expect(paths.filter((path) => /\.test\.|ndjson|experiments\.json|\.tmp$/.test(path))).toEqual([]);
});

test("the notices of every package whose code is bundled are in the package", async () => {
  const notices = await readFile(join(ROOT, "dist/THIRD-PARTY.txt"), "utf8");
  const files = (await readdir(join(ROOT, "dist"))).filter((file) => file.endsWith(".js"));
  const texts = await Promise.all(files.map((file) => readFile(join(ROOT, "dist", file), "utf8")));
  // The bundler writes a comment before each module.
  const bundled = texts.flatMap((text) =>
    [...text.matchAll(/^\s*\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)].map(([, name]) => name as string),
  );
  expect(bundled).toContain("@duckdb/node-api");
  for (const name of new Set(bundled)) {
    const { license, version } = JSON.parse(await readFile(join(ROOT, "node_modules", name, "package.json"), "utf8"));
    expect(notices).toContain(`${name} ${version} (${license})`);
  }
  expect(notices).toContain("Permission is hereby granted");
});

test("systems and processors that nothing was written for are named to npm", async () => {
  const { os, cpu } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  expect({ os, cpu }).toEqual({ os: ["darwin", "linux", "win32"], cpu: ["arm64", "x64"] });
});

test("both commands are files that node runs directly", async () => {
  const { bin } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  expect(Object.keys(bin)).toEqual(["fairsplit", "simulate"]);
  for (const file of Object.values(bin) as string[]) {
    expect(await readFile(join(ROOT, file), "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect((await run(process.execPath, [file, "--help"], { cwd: ROOT })).stdout).toContain("fairsplit ");
  }
});

test("bundlers are told to leave the import of a server's script alone", async () => {
  const module = await readFile(join(ROOT, "dist/tag-module.js"), "utf8");
  expect(module).toMatch(/import\(\s*\/\* webpackIgnore: true \*\/\s*\/\* @vite-ignore \*\/\s*`/);
});
