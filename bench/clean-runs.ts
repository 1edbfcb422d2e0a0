// Runs the simulator many times with random seeds on a healthy server: no run may be red.
// Statistical checks give 1 false alarm in 1,000 runs. A red run leaves its whole report, what it
// said on stderr and its failing visits in the folder --keep, so that its reason can be found.
//
//   npm run clean-runs -- [--runs 200] [--visits 500] [--keep FOLDER]
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startDemo } from "./demo-server.ts";

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "200" },
    visits: { type: "string", default: "500" },
    keep: { type: "string" },
  },
});
const PROGRAM = "dist/fairsplit.js";
const runs = Number(options.runs);

const keep = options.keep ?? join(tmpdir(), "fairsplit-red-runs");
const { base: url, data, end } = await startDemo();
try {
  const red: string[] = [];
  for (let run = 0; run < runs; run += 1) {
    const seed = randomBytes(6).toString("hex");
    const report = join(data, "report.json");
    const failures = join(data, "failures");
    await rm(report, { force: true });
    const args = ["simulate", "--url", url, "-n", options.visits, "--driver", "http", "--seed", seed, "-q"];
    const { code, stdout, stderr } = await execute([
      ...args,
      ...["--reporter", `line,json=${report}`, "--output", failures],
    ]);
    if (code !== 0) {
      red.push(`${stdout.trim() || `exit code ${code} with seed ${seed}`}: ${join(keep, seed)}`);
      await mkdir(join(keep, seed), { recursive: true });
      const said = {
        code,
        stdout,
        stderr,
        report: await textOf(report),
        failures: await textOf(join(failures, "failures.json")),
      };
      for (const [name, content] of Object.entries(said)) await writeFile(join(keep, seed, name), String(content));
    }
    process.stderr.write(`\r${run + 1} of ${runs} runs, ${red.length} red`);
  }
  process.stderr.write("\n");
  process.stdout.write(
    `${red.length} of ${runs} runs with random seeds are red\n${red.map((text) => `${text}\n`).join("")}`,
  );
  process.exitCode = red.length > 0 ? 1 : 0;
} finally {
  await end();
}

/** Text of a file; empty where the run ended before it was written. */
function textOf(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => "");
}

function execute(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
  });
}
