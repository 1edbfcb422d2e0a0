// Visits pages of real themes: `npm run themes -- [NAME…] --pages N --pick N --keep`.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleAndRun } from "../../build.mjs";

process.chdir(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
await bundleAndRun(["test/themes/main.ts"], "themes", "main");
