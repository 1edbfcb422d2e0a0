import { createHash } from "node:crypto";
import { cp } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { type Mutant, mutate } from "./mutants.ts";

const CACHE = "node_modules/.cache/fairsplit-faults";

/** The tested program: the built product, or a mutant of it. */
export interface Product {
  /** Path of the program. */
  readonly program: string;
  /** Bundles one source file as a module, with a text replaced, and says where it is. */
  module(source: string, scale: Mutant): Promise<string>;
}

export async function builtProduct(): Promise<Product> {
  return {
    program: resolve("dist/fairsplit.js"),
    module: (source, scale) => bundle(source, join(CACHE, "modules"), [scale]),
  };
}

/** Builds the mutant beside the product's own files, in a folder that nothing else knows of. */
export async function mutatedProduct(mutant: Mutant): Promise<Product> {
  const folder = join(CACHE, createHash("sha256").update(mutant.name).digest("hex").slice(0, 12));
  // Files that the program reads from its own folder and the one above.
  await cp("dist", join(folder, "dist"), { recursive: true });
  await cp("demo-pages", join(folder, "demo-pages"), { recursive: true });
  await cp("package.json", join(folder, "package.json"));
  return {
    program: await bundle("cli/fairsplit.ts", join(folder, "dist"), [mutant]),
    module: (source, scale) => bundle(source, join(folder, "modules"), [mutant, scale]),
  };
}

async function bundle(source: string, outdir: string, mutants: readonly Mutant[]): Promise<string> {
  const { metafile } = await build({
    entryPoints: [source],
    outdir,
    metafile: true,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    packages: "external",
    jsx: "automatic",
    jsxImportSource: "hono/jsx",
    logLevel: "silent",
    plugins: mutants.map(mutate),
  });
  return resolve(Object.keys(metafile.outputs)[0] ?? "");
}
