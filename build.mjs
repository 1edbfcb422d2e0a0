// Bundles the three programs (tag, server with CLI, library) into dist/, and declares the library's
// types. Called by setup.mjs; needs the dependencies.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build as bundle } from "esbuild";
import { minify } from "terser";
import { thirdPartyNotices } from "./setup/third-party.mjs";

const node = {
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  packages: "external",
  jsx: "automatic",
  jsxImportSource: "hono/jsx",
  logLevel: "warning",
};

const browser = {
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
  outdir: "dist",
  // Without TypeScript's "use strict", which changes nothing here and costs the tag 8 bytes.
  tsconfigRaw: { compilerOptions: { alwaysStrict: false } },
};

/**
 * Name of a file that browsers may keep for ever, by the first digits of its SHA-256; see
 * server/assign/published-tag.ts.
 */
const hashed = (name, content) => `${name}.${createHash("sha256").update(content).digest("hex").slice(0, 8)}.js`;

export async function buildAll() {
  const metafiles = [];
  const build = async (options) => metafiles.push((await bundle({ ...options, metafile: true })).metafile);
  await rm("dist", { recursive: true, force: true });
  await build({
    ...browser,
    minify: false,
    minifySyntax: true,
    format: "esm",
    entryPoints: { "tag-more": "tag/more.ts" },
  });
  await shrink("dist/tag-more.js");
  const more = JSON.stringify(hashed("tag-more", await readFile("dist/tag-more.js")));
  await Promise.all([
    // Its names stay until it is shrunk.
    build({
      ...browser,
      define: { __MORE__: more },
      minify: false,
      minifySyntax: true,
      entryPoints: { tag: "tag/index.ts" },
    }),
    build({ ...browser, entryPoints: { admin: "server/admin/script/index.ts", given: "tag/given.ts" } }),
    build({
      ...browser,
      format: "esm",
      entryPoints: { badge: "tag/badge.ts", debug: "tag/debug.ts" },
    }),
    build({
      ...browser,
      format: "esm",
      // Its import of a URL has comments for bundlers, which are lost with the white space.
      minify: false,
      minifySyntax: true,
      // It has both parts.
      define: { __MORE__: '""' },
      entryPoints: { "tag-module": "tag/module.ts" },
    }),
    build({
      ...node,
      entryPoints: {
        cli: "cli/cli.ts",
        browser: "simulate/browser.ts",
        "browser-install": "simulate/browser-install.ts",
        "dom-worker": "simulate/dom/dom-worker.ts",
        "proof-worker": "simulate/proof/worker.ts",
      },
      outdir: "dist",
      splitting: true,
      chunkNames: "[name]-[hash]",
    }),
    build({
      ...node,
      // Read by Nodes that are too old as well, to be told so.
      target: "node12",
      supported: { "dynamic-import": true },
      external: ["./cli.js", "./fairsplit.js"],
      entryPoints: { fairsplit: "cli/fairsplit.ts", simulate: "cli/simulate.ts" },
      outdir: "dist",
      banner: { js: "#!/usr/bin/env node" },
    }),
    build({
      ...node,
      // Of the database's package only the binary stays outside: to load its 60 modules takes
      // longer than to open it.
      packages: undefined,
      external: ["@duckdb/node-bindings"],
      entryPoints: { engine: "server/analysis/engine-process.ts" },
      outdir: "dist",
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    }),
    build({
      ...node,
      platform: "neutral",
      entryPoints: { core: "core/index.ts", assign: "core/assign.ts", statistics: "core/statistics/index.ts" },
      outdir: "dist",
    }),
    build({
      ...node,
      platform: "neutral",
      external: ["node:*"],
      entryPoints: { node: "sdk/node/index.ts", openfeature: "sdk/openfeature/index.ts" },
      outdir: "dist",
    }),
    build({
      ...node,
      platform: "neutral",
      entryPoints: { react: "sdk/react/index.ts" },
      outdir: "dist",
      // Its context lives in the browser; server components hand it data.
      banner: { js: '"use client";' },
    }),
    emitTypes(),
  ]);
  await shrink("dist/tag.js", VARIETY);
  await cp("simulate/scenarios", "dist/scenarios", { recursive: true });
  await writeFile("dist/THIRD-PARTY.txt", thirdPartyNotices(metafiles));
  await writeFile("dist/admin.css", await concatenate(await styleSheets()));
  const { sizeBudget } = JSON.parse(await readFile("package.json", "utf8"));
  return Promise.all(
    Object.entries(sizeBudget).map(async ([file, { brotli: budget }]) => {
      const content = await readFile(file);
      const gzip = gzipSync(content, { level: 9 }).length;
      // Node's default quality is 11, the best.
      return { file, bytes: content.length, gzip, brotli: brotliCompressSync(content).length, budget };
    }),
  );
}

/**
 * Options that make equal programs of nearly the same size. Any change, even of the hash alone, moves
 * the compressed size of each by up to 6 bytes, and that of the smallest less.
 */
const VARIETY = {
  inline: [1, 2],
  quotes: [0, 1],
  unused: ["", "o", "r", "m", "t", "n", "e", "i", "c", "l", "s", "a", "u", "d"],
};

/**
 * Minifies a script by terser, whose result has 4 % less than esbuild's when it is compressed. Its
 * second run shortens the names by the letters of the first one's result, which saves 13 bytes more.
 *
 * @param variety of options, of which those of the smallest result are taken
 */
async function shrink(file, { inline: inlines, quotes, unused } = { inline: [1], quotes: [0], unused: [""] }) {
  const source = await readFile(file, "utf8");
  const results = [];
  for (const inline of inlines) {
    const { code } = await minify(source, {
      ecma: 2022,
      toplevel: true,
      mangle: false,
      compress: {
        passes: 5,
        inline,
        unsafe: true,
        unsafe_arrows: true,
        pure_getters: true,
        keep_fargs: false,
        hoist_funs: true,
        lhs_constants: false,
        booleans_as_integers: true,
      },
    });
    for (const quote_style of quotes) {
      for (const name of unused) {
        const mangle = { reserved: [name] };
        results.push(minify(code, { ecma: 2022, toplevel: true, compress: false, mangle, format: { quote_style } }));
      }
    }
  }
  const codes = (await Promise.all(results)).map(({ code }) => code);
  const sizes = codes.map((code) => brotliCompressSync(code).length);
  await writeFile(file, codes[sizes.indexOf(Math.min(...sizes))]);
}

/**
 * The style sheets of the admin's pages: what all share first, then each page's own, by the name of
 * its file.
 */
async function styleSheets() {
  const files = (await readdir("server", { recursive: true })).filter((file) => file.endsWith(".css"));
  const shared = join("admin", "ui", "admin.css");
  const own = files.filter((file) => file !== shared).sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
  return [shared, ...own].map((file) => join("server", file));
}

async function concatenate(files) {
  return (await Promise.all(files.map((file) => readFile(file, "utf8")))).join("\n");
}

/**
 * Bundles TypeScript programs of a folder that are no part of the product, and runs one of them
 * with the process's own arguments: Node before 22.18 does not run TypeScript.
 */
export async function bundleAndRun(entryPoints, name, main) {
  // Inside node_modules, so that the packages resolve.
  const outdir = `node_modules/.cache/fairsplit-${name}`;
  await bundle({ ...node, entryPoints, outdir });
  await import(pathToFileURL(`${outdir}/${main}.js`));
}

/** The stamp says which sources dist/ was built from; setup.mjs compares it. */
export async function stamp(text) {
  await writeFile("dist/.sources", text);
}

/**
 * core/tsconfig.json has neither Node's nor the browser's types, so this is also what keeps core/
 * pure; tag/ has no Node.
 */
async function emitTypes() {
  for (const folder of ["core", "tag", "sdk"]) {
    const tsc = promisify(execFile)(process.execPath, ["node_modules/typescript/bin/tsc", "-p", folder]);
    await tsc.catch((error) => {
      throw new Error(`the types of ${folder}/ cannot be made:\n${error.stdout}`);
    });
  }
}
