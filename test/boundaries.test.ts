import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** What the files of a folder may import: folders of ours, and packages (`node:` stands for Node's own). */
const MAY_IMPORT: Readonly<Record<string, { folders: string[]; packages: string[] }>> = {
  core: { folders: ["core"], packages: ["valibot", "@noble/hashes", "@marcbachmann/cel-js"] },
  tag: { folders: ["tag", "core"], packages: [] },
  server: {
    folders: ["server", "core"],
    packages: [
      "node:",
      "@duckdb/node-api",
      "hono",
      "@hono/node-server",
      "lowdb",
      "valibot",
      "close-with-grace",
      "fs-native-extensions",
      "isbot",
      "rate-limiter-flexible",
      "prom-client",
      "diff",
      "csv-stringify",
      "@valibot/to-json-schema",
    ],
  },
  simulate: {
    folders: ["simulate", "core"],
    packages: ["node:", "playwright-core", "yargs", "cli-progress", "picocolors"],
  },
  cli: { folders: ["cli", "server", "simulate", "core"], packages: ["node:", "yargs", "cli-progress", "hono"] },
};

const IMPORT = /^(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm;

interface Import {
  readonly file: string;
  readonly target: string;
  readonly isType: boolean;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name));
}

function imports(folder: string): Import[] {
  return sources(folder).flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(IMPORT)].map(([, type, target = ""]) => ({
      file,
      target: target.startsWith(".") ? join(file, "..", target) : target,
      isType: type !== undefined,
    })),
  );
}

describe("the folder table of the architecture", () => {
  for (const [folder, { folders, packages }] of Object.entries(MAY_IMPORT)) {
    it(`lets ${folder}/ import nothing but ${[...folders, ...packages].join(", ")}`, () => {
      const found = imports(folder);
      expect(found.length).toBeGreaterThan(0);
      const forbidden = found.filter(
        ({ target }) =>
          !folders.some((allowed) => target.startsWith(`${allowed}/`)) &&
          !packages.some(
            (allowed) => target === allowed || target.startsWith(allowed.endsWith(":") ? allowed : `${allowed}/`),
          ),
      );
      expect(forbidden).toEqual([]);
    });
  }

  it("lets the tag take only types from core/", () => {
    expect(imports("tag").filter(({ target, isType }) => target.startsWith("core/") && !isType)).toEqual([]);
  });

  it("keeps clock and randomness out of core/", () => {
    const impure = /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bcrypto\.|\bprocess\./;
    expect(sources("core").filter((file) => impure.test(readFileSync(file, "utf8")))).toEqual([]);
  });
});
