import { runCli } from "./cli.ts";

await runCli(["simulate", ...process.argv.slice(2)]);
