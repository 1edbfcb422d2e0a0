import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { compareCodePoints } from "../../core/assign.ts";
import type { Experiment } from "../../core/experiment.ts";
import type { Goal } from "../../core/goal.ts";
import { type Report, report } from "../../core/report/report.ts";
import { reportText } from "../../core/report/report-text.ts";
import { literal } from "../../server/analysis/duckdb-dialect.ts";
import { ENGINE, type Engine, openEngine } from "../../server/analysis/engine.ts";
import { crossTallyFiles, reachedAtFiles, tallyFiles } from "../../server/analysis/log-analysis.ts";
import type { EventFile } from "../../server/analysis/log-source.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import { ExperimentsFile } from "../../server/registry/experiments-file.ts";
import { frozenOf } from "../../server/results/frozen.ts";
import { definitionOf, finishedPlan } from "./definition.ts";
import { type Independence, independenceOf, independenceText } from "./independence.ts";
import { inputFiles } from "./input-files.ts";
import { inputsText } from "./inputs-text.ts";
import type { AnalyzeOptions } from "./options.ts";
import { showProgress } from "./progress.ts";
import { type ReadInput, readInput } from "./read-input.ts";

/** What is printed by `--json`, and what the other forms are made from. */
export interface Analyzed {
  readonly inputs: readonly ReadInput[];
  readonly reports: readonly Report[];
  /** Of each two experiments that devices saw both of. */
  readonly independence: readonly Independence[];
}

/** Events that say what happened to a device, not what it did. */
const STANDARD_EVENTS = ["exposure", "exp_groups", "pageview", "unknown_placeholder"];
/** As many as an experiment may have; arbitrary. */
const MOST_GOALS = 20;

interface Log {
  readonly engine: Engine;
  readonly files: readonly EventFile[];
}

/** `fairsplit analyze`: reports of whatever experiments files have, without a server. Throws BadConfig. */
export async function analyze(options: AnalyzeOptions, print: (text: string) => void): Promise<void> {
  const analyzed = await analyzeFiles(options);
  if (options.html !== null) {
    const { analyzedPage } = await import("./analyzed-page.tsx");
    await writeFile(options.html, analyzedPage(analyzed));
  }
  print(options.json ? `${JSON.stringify(analyzed)}\n` : analyzedText(analyzed));
}

async function analyzeFiles(options: AnalyzeOptions): Promise<Analyzed> {
  const inputs = await inputFiles(options.paths);
  const known = await knownExperiments(options.paths);
  const temporary = await mkdtemp(join(tmpdir(), "fairsplit-analyze-"));
  const steps = showProgress(inputs.length + 1);
  const folders = [...new Set(inputs.map(({ path }) => dirname(resolve(path))))];
  const engine = await openEngine({ ...ENGINE, temporary: join(temporary, "spill"), folders: [temporary, ...folders] });
  try {
    const files: EventFile[] = [];
    const read: ReadInput[] = [];
    for (const [index, input] of inputs.entries()) {
      steps.begin(`reading ${input.path}`);
      const path = join(temporary, `${index}.parquet`);
      read.push(await readInput(engine, input, index, path));
      files.push({ path, format: "parquet" });
    }
    const log = { engine, files };
    const keys = await experimentsIn(log, options);
    steps.expect(keys.length);
    const reports: Report[] = [];
    for (const key of keys) {
      steps.begin(`counting ${key}`);
      reports.push(await reportOf(log, key, known.get(key), options));
    }
    steps.begin("comparing experiments");
    return { inputs: read, reports, independence: await independence(log, reports, options) };
  } finally {
    steps.stop();
    await engine.close();
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The experiments of the data folders among the paths. */
async function knownExperiments(paths: readonly string[]): Promise<ReadonlyMap<string, Experiment>> {
  const known = new Map<string, Experiment>();
  for (const path of paths) {
    const file = join(path, "experiments.json");
    if (!(await stat(file).catch(() => null))) continue;
    const content = await new ExperimentsFile(file).read();
    for (const experiment of content?.experiments ?? []) known.set(experiment.key, experiment);
  }
  return known;
}

/** The keys that are wanted. Throws BadConfig when one has no exposure, or there is none at all. */
async function experimentsIn({ engine, files }: Log, { experiments, run }: AnalyzeOptions): Promise<string[]> {
  const rows = await engine.rows<[string, string | null]>({
    text: `select distinct experiment, run from ${eventsOf(files)} where name = 'exposure'`,
    values: [],
  });
  const ofRun = rows.filter((row) => row[1] === run).map(([key]) => key);
  const found = [...new Set(ofRun)].sort(compareCodePoints);
  if (found.length === 0) {
    const runs = [...new Set(rows.map((row) => row[1]).filter((other) => other !== null))];
    const hint = runs.length === 0 ? "" : ` There are events of simulated runs; --run may be ${runs.join(", ")}.`;
    throw new BadConfig(
      `no event exposes anybody to an experiment${run === null ? "" : ` in the run "${run}"`}.${hint}`,
    );
  }
  for (const key of experiments ?? []) {
    if (!found.includes(key)) throw new BadConfig(`--experiment has "${key}": allowed are ${found.join(", ")}`);
  }
  return experiments ? [...experiments] : found;
}

async function reportOf(
  log: Log,
  key: string,
  known: Experiment | undefined,
  options: AnalyzeOptions,
): Promise<Report> {
  const { engine, files } = log;
  const goals = known && options.goals === null ? known.goals : await goalsIn(log, key, options);
  const asked = { goals: goals.map(({ event }) => event), run: options.run };
  const { epochs } = await tallyFiles(engine, files, key, asked);
  const numbers = epochs.map(({ epoch }) => epoch);
  const tally = options.epoch === null ? epochs.at(-1) : epochs.find(({ epoch }) => epoch === options.epoch);
  if (!tally) throw new BadConfig(`--epoch is ${options.epoch}: allowed are those of ${key}, ${numbers.join(", ")}`);
  const definition = definitionOf(key, tally, goals, known, options);
  const plan = options.isFinished ? finishedPlan(definition, tally) : definition.plan;
  const reached = options.isFinished
    ? { frozen: plan && tally, reachedAt: plan && tally.lastAt }
    : await frozenOf({ ...definition, plan }, tally, options.run, {
        tally: (of, scope) => tallyFiles(engine, files, of, scope),
        reachedAt: (of, planned) => reachedAtFiles(engine, files, of, planned),
      });
  return report({
    experiment: { ...definition, plan },
    epoch: tally.epoch,
    epochs: numbers,
    run: options.run,
    tally,
    ...reached,
    asOf: tally.lastAt,
    leftOut: { bots: null, refused: null },
  });
}

/** What devices of an experiment did, the most frequent first; a goal of values when any of its events has one. */
async function goalsIn({ engine, files }: Log, key: string, { goals, run }: AnalyzeOptions): Promise<Goal[]> {
  const standard = STANDARD_EVENTS.map(literal).join(", ");
  const rows = await engine.rows<[string, bigint, bigint]>({
    text: `select name, count(distinct device), count(value) from ${eventsOf(files)}
      where name not in (${standard}) and run is not distinct from ${run === null ? "null" : literal(run)}
        and device in (select device from ${eventsOf(files)} where name = 'exposure' and experiment = ${literal(key)})
      group by name order by 2 desc, name`,
    values: [],
  });
  const found = rows.map(([event, , values]): Goal => ({ event, kind: values > 0n ? "value" : "binary" }));
  const wanted = goals?.map((event): Goal => found.find((goal) => goal.event === event) ?? { event, kind: "binary" });
  const some = wanted ?? found.slice(0, MOST_GOALS);
  if (some.length === 0) throw new BadConfig(`no event of ${key} can be a goal: say the names of events by --goals`);
  return some;
}

async function independence(log: Log, reports: readonly Report[], { run }: AnalyzeOptions): Promise<Independence[]> {
  const pairs = reports.flatMap((a, index) => reports.slice(index + 1).map((b) => [a, b] as const));
  const crossing = ({ experiment, epoch }: Report) => ({ experiment: experiment.key, epoch });
  const crossed = await crossTallyFiles(
    log.engine,
    log.files,
    pairs.map(([a, b]) => [crossing(a), crossing(b)]),
    { run },
  );
  return independenceOf(crossed);
}

function eventsOf(files: readonly EventFile[]): string {
  return `read_parquet([${files.map(({ path }) => literal(path)).join(", ")}])`;
}

function analyzedText({ inputs, reports, independence }: Analyzed): string {
  return [inputsText(inputs), ...reports.map(reportText), independenceText(independence)]
    .filter((part) => part !== "")
    .join("\n");
}
