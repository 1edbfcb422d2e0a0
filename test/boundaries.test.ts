import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

/**
 * Allowed imports of a folder's files: our folders, and packages (`node:` stands for Node's own).
 */
const MAY_IMPORT: Readonly<Record<string, { folders: string[]; packages: string[] }>> = {
  core: { folders: ["core"], packages: ["valibot", "@noble/hashes", "@marcbachmann/cel-js", "isbot"] },
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
      "ipaddr.js",
      "rate-limiter-flexible",
      "prom-client",
      "diff",
      "csv-stringify",
      "@valibot/to-json-schema",
    ],
  },
  sdk: { folders: ["sdk", "core"], packages: ["node:", "react"] },
  simulate: {
    folders: ["simulate", "core"],
    packages: [
      "node:",
      "yargs",
      "cli-progress",
      "picocolors",
      "ipaddr.js",
      "undici",
      "happy-dom",
      "yaml",
      "valibot",
      "fast-png",
    ],
  },
  cli: {
    folders: ["cli", "setup", "server", "simulate", "core"],
    packages: ["node:", "yargs", "cli-progress", "hono", "csv-stringify", "fflate", "fzstd"],
  },
};

/**
 * Allowed imports between folders of `server/`, types included. `main.ts`, `app.ts` and `config.ts`
 * compose the parts, so they may import all of them and no folder imports them.
 */
const SERVER_MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "admin/access": ["admin/ui", "auth", "http"],
  "admin/calculator": ["admin/form", "admin/ui", "http"],
  "admin/erasing": ["admin/ui", "auth", "http", "registry", "retention"],
  "admin/experiments": [
    "admin/history",
    "admin/results",
    "admin/ui",
    "auth",
    "events",
    "http",
    "registry",
    "rehearsals",
    "results",
  ],
  "admin/form": ["admin/experiments", "admin/history", "admin/ui", "auth", "events", "http", "registry"],
  "admin/history": ["admin/ui", "auth", "http", "registry"],
  "admin/install": ["admin/experiments", "admin/ui", "assign", "auth", "events", "http", "registry"],
  "admin/preview": ["admin/ui", "http", "registry", "tokens"],
  "admin/results": ["admin/shell", "admin/ui", "analysis", "auth", "http", "registry", "results", "tokens"],
  "admin/settings": ["admin/history", "admin/ui", "auth", "http", "registry"],
  "admin/shell": ["admin/ui", "events", "http", "registry"],
  "admin/ui": ["http"],
  analysis: ["events", "files", "memory"],
  api: ["auth", "events", "http", "registry", "results", "sticky", "tokens"],
  compat: [
    "analysis",
    "assign",
    "compat/django",
    "compat/growthbook",
    "compat/ofrep",
    "compat/pipet",
    "compat/projection",
    "compat/registry",
    "compat/unleash",
    "events",
    "http",
    "ingest",
    "registry",
    "results",
    "sticky",
    "tokens",
  ],
  "compat/django": [
    "analysis",
    "auth",
    "compat/projection",
    "events",
    "http",
    "memory",
    "registry",
    "results",
    "sticky",
    "tokens",
  ],
  "compat/growthbook": ["compat/projection", "http", "registry", "sticky", "tokens"],
  "compat/ofrep": ["assign", "compat/projection", "files", "http", "registry", "sticky", "tokens", "events"],
  "compat/pipet": ["auth", "compat/projection", "files", "http", "registry", "sticky", "tokens"],
  "compat/original": ["compat/projection", "events", "http", "ingest", "registry", "sticky"],
  "compat/projection": ["analysis", "files", "http", "ingest", "registry", "results", "sticky", "tokens"],
  "compat/registry": ["analysis", "auth", "compat/projection", "http", "registry", "results", "sticky"],
  "compat/unleash": ["compat/projection", "http", "registry", "sticky", "tokens"],
  "api/openapi": ["admin/form", "admin/ui", "api", "auth", "http", "registry"],
  assign: ["events", "files", "http", "memory", "registry", "sticky", "tokens"],
  auth: ["admin/ui", "files", "http", "memory", "registry", "tokens"],
  demo: ["http"],
  events: ["files", "memory"],
  http: ["files", "memory"],
  ingest: ["events", "files", "http", "memory", "registry", "tokens"],
  ops: ["admin/ui", "events", "http", "ingest", "registry", "sticky"],
  registry: ["events", "files", "memory", "tokens"],
  sticky: ["events", "memory", "registry"],
  rehearsals: ["events", "files", "http", "memory", "registry", "tokens"],
  results: ["analysis", "events", "http", "memory", "registry"],
  retention: ["analysis", "events", "files", "memory", "registry", "sticky"],
  verify: ["events", "files", "registry", "sticky", "tokens"],
  "admin/script": [],
  files: ["memory"],
  memory: [],
  tokens: [],
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

/** The folder of a server's file below `server/`; empty for a file of `server/` itself. */
function roomOf(file: string): string {
  return dirname(file).replace(/^server\/?/, "");
}

describe("the folders of server/", () => {
  const crossing = imports("server").filter(({ file, target }) => {
    return target.startsWith("server/") && roomOf(file) !== "" && roomOf(file) !== roomOf(target);
  });

  for (const [room, allowed] of Object.entries(SERVER_MAY_IMPORT)) {
    it(`lets ${room} import no other folder than ${allowed.join(", ") || "its own"}`, () => {
      const found = crossing.filter(({ file, target }) => roomOf(file) === room && !allowed.includes(roomOf(target)));
      expect(found).toEqual([]);
    });
  }

  it("are all in the table, and each of its arrows is used", () => {
    const rooms = new Set(sources("server").map(roomOf));
    rooms.delete("");
    expect([...rooms].filter((room) => SERVER_MAY_IMPORT[room] === undefined)).toEqual([]);
    const used = new Set(crossing.map(({ file, target }) => `${roomOf(file)} → ${roomOf(target)}`));
    const arrows = Object.entries(SERVER_MAY_IMPORT).flatMap(([room, allowed]) =>
      allowed.map((to) => `${room} → ${to}`),
    );
    expect(arrows.filter((arrow) => !used.has(arrow))).toEqual([]);
  });

  it("import one another in no circle", () => {
    const below = (room: string, path: readonly string[]): string[] => {
      if (path.includes(room)) return [[...path, room].join(" → ")];
      return (SERVER_MAY_IMPORT[room] ?? []).flatMap((next) => below(next, [...path, room]));
    };
    expect(Object.keys(SERVER_MAY_IMPORT).flatMap((room) => below(room, []))).toEqual([]);
  });

  it("leave no file of server/ loose but main.ts, app.ts and config.ts", () => {
    const loose = sources("server").filter((file) => roomOf(file) === "");
    expect(loose.sort()).toEqual(["server/app.ts", "server/config.ts", "server/main.ts"]);
  });
});

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

  it("lets the tag take only types from core/, the limits of an event and the form of stored groups", () => {
    const shared = ["core/event-limits.ts", "core/stored-groups.ts"];
    const taken = imports("tag").filter(({ target, isType }) => target.startsWith("core/") && !isType);
    expect(taken.filter(({ target }) => !shared.includes(target))).toEqual([]);
    expect(imports("core").filter(({ file, isType }) => shared.includes(file) && !isType)).toEqual([]);
  });

  it("keeps clock and randomness out of core/", () => {
    const impure = /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bcrypto\.|\bprocess\./;
    expect(sources("core").filter((file) => impure.test(readFileSync(file, "utf8")))).toEqual([]);
  });
});
