// Runs a benchmark: `node bench/run.mjs http --json` bundles bench/http*.ts and runs bench/http.ts with the rest of the
// arguments. It bundles, because Node before 22.18 does not run TypeScript.
import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const [, , name = "http", ...args] = process.argv;
// Inside node_modules, so that the packages resolve.
const outdir = "node_modules/.cache/fairsplit-bench";
await build({
  entryPoints: readdirSync("bench")
    .filter((file) => file.startsWith(name) && file.endsWith(".ts"))
    .map((file) => `bench/${file}`),
  outdir,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  packages: "external",
  logLevel: "warning",
});
process.argv = [process.argv[0], `${outdir}/${name}.js`, ...args];
await import(pathToFileURL(`${outdir}/${name}.js`));
