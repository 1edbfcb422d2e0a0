// Runs a benchmark: `node bench/run.mjs http --json` bundles bench/http*.ts and runs bench/http.ts
// with the rest of the arguments.
import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleAndRun } from "../build.mjs";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const [name = "http"] = process.argv.splice(2, 1);
const files = readdirSync("bench").filter((file) => file.startsWith(name) && file.endsWith(".ts"));
await bundleAndRun(
  files.map((file) => `bench/${file}`),
  "bench",
  name,
);
