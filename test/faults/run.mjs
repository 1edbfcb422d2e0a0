// Runs the fault suite against the built product: `npm run faults -- [ID…] --cycles N --seed S`.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleAndRun } from "../../build.mjs";

process.chdir(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
await bundleAndRun(["test/faults/main.ts"], "faults", "main");
