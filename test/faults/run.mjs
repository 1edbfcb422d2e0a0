// Runs the fault suite: `npm run faults -- [ID…] --cycles N --seed S`. It builds the product, bundles this folder and hands
// over; it bundles, because Node before 22.18 does not run TypeScript.
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

process.chdir(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const { status } = spawnSync(process.execPath, ["setup.mjs", "build"], { stdio: ["ignore", 2, 2] });
if (status !== 0) process.exit(status ?? 3);

// Inside node_modules, so that the packages resolve.
const outfile = "node_modules/.cache/fairsplit-faults/main.js";
const { build } = await import("esbuild");
await build({
  entryPoints: ["test/faults/main.ts"],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  packages: "external",
  logLevel: "warning",
});
await import(pathToFileURL(outfile));
