// Time and memory of `fairsplit analyze` beside a DuckDB query written by hand, in one run: for a
// generated log, and for a CSV file of one row per visitor.
//
//   npm run bench:analyze -- [--events 10000000] [--rows 1000000] [--rounds 3]
//
// The ratios are what counts: absolute numbers are the machine's. Rounds alternate, and a ratio is
// the median of its rounds.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";

const run = promisify(execFile);
const BUILT = "node_modules/.cache/fairsplit-bench";
/** Events that a generated visitor has on average. */
const EVENTS_PER_VISITOR = 6.17;
/** Lines of an event, their copy, and what exceeds the engine's memory; generously. */
const BYTES_PER_EVENT = 700;

const { values: options } = parseArgs({
  options: {
    events: { type: "string", default: "10000000" },
    rows: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "3" },
  },
});
const [events, rows, rounds] = [Number(options.events), Number(options.rows), Number(options.rounds)];

interface Timed {
  readonly ms: number;
  readonly cpuMs: number;
  readonly peakMb: number;
}

const folder = await mkdtemp(join(tmpdir(), "fairsplit-bench-"));
try {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < events * BYTES_PER_EVENT) throw new Error(`${tmpdir()} has no room for ${events} events`);
  const log = join(folder, "log.ndjson");
  const visitors = Math.round(events / EVENTS_PER_VISITOR);
  await run(process.execPath, ["dist/fairsplit.js", "generate", "--visitors", String(visitors), "--output", log]);
  await compare(`about ${events} events`, log, "ndjson");
  const table = join(folder, "visitors.csv");
  await writeVisitors(table);
  await compare(`${rows} rows`, table, "csv");
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Alternates between `analyze` and the query by hand. */
async function compare(name: string, file: string, format: "ndjson" | "csv"): Promise<void> {
  const [ours, bare]: Timed[][] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    ours?.push(await timed("analyze-own", file));
    bare?.push(await timed("analyze-bare", file, format));
  }
  const ratio = (of: "ms" | "cpuMs") => {
    const ratios = (ours ?? []).map((own, at) => own[of] / (bare?.[at]?.[of] ?? Number.NaN)).sort((a, b) => a - b);
    const [least, most] = [ratios[0] ?? 0, ratios.at(-1) ?? 0];
    return `${middle(ratios).toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;
  };
  const seconds = (times: readonly Timed[] = [], of: "ms" | "cpuMs") =>
    `${(middle(times.map((time) => time[of])) / 1000).toFixed(2)} s`;
  const megabytes = (times: readonly Timed[] = []) => `${Math.max(...times.map(({ peakMb }) => peakMb)).toFixed(0)} MB`;
  process.stdout.write(
    `${name} as ${format} (${((await stat(file)).size / 1e6).toFixed(0)} MB), medians of ${rounds} rounds\n` +
      `  analyze          ${seconds(ours, "ms")}, processor time ${seconds(ours, "cpuMs")}, ${megabytes(ours)}\n` +
      `  query by hand    ${seconds(bare, "ms")}, processor time ${seconds(bare, "cpuMs")}, ${megabytes(bare)}\n` +
      `  ratio            ${ratio("ms")}, of processor time ${ratio("cpuMs")}\n`,
  );
}

async function timed(program: string, ...args: readonly string[]): Promise<Timed> {
  const { stdout } = await run(process.execPath, [`${BUILT}/${program}.js`, ...args]);
  return JSON.parse(stdout) as Timed;
}

/** A row per visitor: a conversion of a tenth, with a revenue. */
async function writeVisitors(path: string): Promise<void> {
  const file = createWriteStream(path);
  file.write("user_id,variant,converted,revenue,country\n");
  let text = "";
  for (let row = 0; row < rows; row += 1) {
    const converted = row % 10 === 3 ? 1 : 0;
    text += `u${row},${row % 2 ? "treatment" : "control"},${converted},${converted * (10 + (row % 90))}.50,${["DE", "FR", "JP"][row % 3]}\n`;
    if (text.length > 1 << 20 || row === rows - 1) {
      if (!file.write(text)) await once(file, "drain");
      text = "";
    }
  }
  file.end();
  await once(file, "close");
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}
