import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../../setup/say.mjs";
import { program } from "./program.mjs";

/** The loader of Debian's package musl. */
const LOADER = "/lib/ld-musl-x86_64.so.1";
/** Symbols that Node itself has for the modules that it loads. */
const OF_NODE = /^(?:napi_|uv_)/;
const QUIET = ["--no-audit", "--no-fund", "--loglevel=error"];

/**
 * Installs the packed package as npm does on Alpine, and has musl's loader resolve its native
 * modules. There is no Node for musl here, so nothing of it runs.
 */
export async function resolveByMusl(tarball, folder, cell) {
  if (process.arch !== "x64" || !existsSync(LOADER)) fail("--musl needs Debian's package musl, on x64", 3);
  const consumer = join(folder, "on musl");
  await mkdir(consumer);
  await writeFile(join(consumer, "package.json"), '{ "private": true }');
  const forAlpine = ["--os=linux", "--cpu=x64", "--libc=musl", "--ignore-scripts"];
  await program(consumer, ["npm", "install", ...QUIET, ...forAlpine, tarball]);
  const modules = join(consumer, "node_modules");

  await cell("musl: lock", "resolves but for what Node brings", () => {
    const module = join(modules, "fs-native-extensions/prebuilds/linux-x64/fs-native-extensions.node");
    const { missing, libraries } = unresolved(module);
    const others = [...missing.filter((symbol) => !OF_NODE.test(symbol)), ...libraries];
    if (missing.length === 0 || others.length > 0) throw new Error(`musl does not have ${others.join(", ")}`);
  });
  await cell("musl: DuckDB", "is npm's build for musl", () => {
    const { libraries, found } = unresolved(join(modules, "@duckdb/node-bindings-linux-x64-musl/duckdb.node"));
    // Alpine's Node needs both as well.
    const others = libraries.filter((name) => !/^(?:libstdc\+\+|libgcc_s)\.so\.\d+$/.test(name));
    if (!found.includes("libc.musl-x86_64.so.1") || others.length > 0) {
      throw new Error(`found ${found.join(", ")}; not found ${others.join(", ")}`);
    }
  });
}

/** Reads what musl's loader says about a module. */
function unresolved(file) {
  const { stdout, stderr } = spawnSync(LOADER, ["--list", file], { encoding: "utf8" });
  const all = (text, pattern) => [...text.matchAll(pattern)].map(([, name]) => name);
  return {
    missing: all(stderr, /: (\S+): symbol not found$/gm),
    libraries: all(stderr, /^Error loading shared library ([^:]+):/gm),
    found: all(stdout, /^\s+(\S+) =>/gm),
  };
}
