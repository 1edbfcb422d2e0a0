// `fairsplit analyze FILE --json` in a process of its own: `node bench/analyze-own.ts FILE` prints
// milliseconds, processor time and peak memory.
import { readFileSync } from "node:fs";
import { analyze } from "../cli/analyze/analyze.ts";
import { parseAnalyzeOptions } from "../cli/analyze/options.ts";

const [, , file = ""] = process.argv;
const start = performance.now();
let printed = "";
await analyze(parseAnalyzeOptions({ files: [file], json: true }), (text) => {
  printed += text;
});
const ms = performance.now() - start;
if (JSON.parse(printed).reports.length === 0) throw new Error(`no report of ${file}`);
const { user, system } = process.cpuUsage();
const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
process.stdout.write(`${JSON.stringify({ ms, cpuMs: (user + system) / 1000, peakMb: Number(peak) / 1000 })}\n`);
