import { writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { CrossTally } from "../../core/cross-tally.ts";
import type { Report } from "../../core/report/report.ts";
import { reportText } from "../../core/report/report-text.ts";
import { ENGINE, type Engine, openEngine } from "../../server/analysis/engine.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import { removeTemporaryFolder, temporaryFolder } from "../../simulate/temporary-folder.ts";
import { type Definitions, readDefinitions } from "../experiment-definitions.ts";
import { withAssigned } from "./assign/stage-assigned.ts";
import { valuesOf } from "./columns/map-columns.ts";
import { MAX_GOALS } from "./columns/outcomes.ts";
import { readCounts } from "./counts.ts";
import { crossEvents, type EventLog, eventReports, stageEventLog } from "./event-reports.ts";
import { failures } from "./fail-on.ts";
import { type Independence, independenceOf, independenceText } from "./independence.ts";
import { inputFiles } from "./input-files.ts";
import { inputsText } from "./inputs-text.ts";
import { type KnownExperiment, knownExperiments } from "./known-experiments.ts";
import type { AnalyzeOptions } from "./options.ts";
import { joinOutcomes } from "./outcome-tables.ts";
import { type Progress, showProgress } from "./progress.ts";
import { type Input, type ReadInput, readInput } from "./read-input.ts";
import { byCount, shown } from "./reading/rejected.ts";
import { reportOfTally } from "./tally-report.ts";
import { countVisitors, crossVisitors, type VisitorTally } from "./visitor-tally.ts";
import { poolName, poolsOf, stageVisitors, type VisitorPool } from "./visitors.ts";

/** The output of `--json`, and the source of all other formats. */
export interface Analyzed {
  readonly inputs: readonly ReadInput[];
  readonly reports: readonly Report[];
  /** One for each pair of experiments with visitors in common. */
  readonly independence: readonly Independence[];
  /** Notes on how rows became experiments: repeated visitors, the deciding goal. */
  readonly notes: readonly string[];
}

/**
 * Reports the experiments of files, without a server.
 *
 * @returns the exit code
 * @throws BadConfig if a file cannot be read
 */
export async function analyze(options: AnalyzeOptions, print: (text: string) => void): Promise<number> {
  const analyzed = await analyzeFiles(options);
  if (options.html !== null) {
    const { analyzedPage } = await import("./analyzed-page.tsx");
    await writeReport("html", options.html, analyzedPage(analyzed));
  }
  if (options.csv !== null) {
    const { analyzedCsv } = await import("./analyzed-csv.ts");
    await writeReport("csv", options.csv, analyzedCsv(analyzed));
  }
  if (options.markdown !== null) {
    const { analyzedMarkdown } = await import("./analyzed-markdown.ts");
    await writeReport("markdown", options.markdown, analyzedMarkdown(analyzed));
  }
  print(options.json ? `${JSON.stringify(analyzed)}\n` : analyzedText(analyzed, options));
  const failed = failures(analyzed, options.failOn);
  for (const failure of failed) process.stderr.write(`fairsplit: ${failure}\n`);
  return failed.length === 0 ? 0 : 1;
}

async function writeReport(flag: string, path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((error: Error) => {
    throw new BadConfig(`--${flag} is "${path}", which cannot be written (${error.message})`);
  });
}

async function analyzeFiles(options: AnalyzeOptions): Promise<Analyzed> {
  const temporary = await temporaryFolder("fairsplit-analyze-");
  try {
    const files = await inputFiles(options.paths, { from: process.stdin, to: join(temporary, "stdin") });
    const definitions = options.assign === null ? null : await readDefinitions("assign", options.assign);
    const known = new Map([
      ...(await knownExperiments(options.paths)),
      ...(definitions?.experiments ?? []).map((experiment) => [experiment.key, { experiment, epochs: null }] as const),
    ]);
    const steps = showProgress(files.length + 1);
    const folders = [...new Set(files.map(({ path }) => dirname(resolve(path))))];
    const engine = await openEngine({
      ...ENGINE,
      temporary: join(temporary, "spill"),
      folders: [temporary, ...folders],
    });
    try {
      const inputs: Input[] = [];
      for (const [index, file] of files.entries()) {
        steps.begin(`reading ${file.named}`);
        inputs.push(await readInput(engine, file, options, join(temporary, String(index))));
      }
      requireKnownColumns(inputs, options);
      return await reportsOf({ engine, inputs, known, definitions, options, temporary, steps });
    } catch (error) {
      throw sentence(error);
    } finally {
      steps.stop();
      await engine.close();
    }
  } finally {
    await removeTemporaryFolder(temporary);
  }
}

interface Work {
  readonly engine: Engine;
  readonly inputs: readonly Input[];
  readonly known: ReadonlyMap<string, KnownExperiment>;
  /** The experiments of `--assign`. */
  readonly definitions: Definitions | null;
  readonly options: AnalyzeOptions;
  readonly temporary: string;
  readonly steps: Progress;
}

async function reportsOf({ engine, inputs, known, definitions, options, temporary, steps }: Work): Promise<Analyzed> {
  const of = (shape: Input["mapping"]["shape"]) => inputs.filter(({ mapping }) => mapping.shape === shape);
  if (of("events").length === 0) {
    if (definitions !== null) {
      throw new BadConfig("--assign needs a log of events or page views, a row each: the files have none");
    }
    for (const [flag, value] of Object.entries({ epoch: options.epoch, run: options.run })) {
      if (value === null) continue;
      throw new BadConfig(`--${flag} is ${value}, which chooses among the events of a log: the files have none`);
    }
  }
  const reports: Report[] = [];
  const read = new Map<string, ReadInput>();
  const notes: string[] = [];
  const units: string[] = [];
  let log: EventLog | null = null;

  let visitors = of("visitors");
  if (of("events").length > 0) {
    const staged = await stageEventLog(engine, of("events"), visitors, options, temporary);
    log = await withAssigned(engine, staged, of("events"), definitions, options, temporary);
    for (const input of log.inputs) read.set(input.path, input);
    const found = await eventReports(engine, log, known, options, steps);
    reports.push(...found.reports);
    notes.push(...found.notes);
    visitors = visitors.filter(({ table }) => !read.has(table.path));
  }
  const joined = await joinOutcomes(engine, visitors, of("outcomes"), options);
  for (const input of joined.read) read.set(input.path, input);
  const pools: VisitorPool[] = [];
  for (const [index, pool] of (await poolsOf(engine, joined.inputs)).entries()) {
    pools.push(await stageVisitors(engine, pool, options, join(temporary, `pool-${index}.parquet`)));
  }
  for (const [index, pool] of pools.entries()) {
    for (const input of pool.inputs) read.set(input.path, ownColumns(input, inputs));
    if (pool.goals.length === 0) throw await noOutcome(engine, inputs, pool.inputs);
    const counted = await countVisitors(engine, pool, {
      path: join(temporary, `units-${index}.parquet`),
      unit: options.unit,
    });
    if (pool.hasUnits) units.push(counted.units);
    notes.push(...counted.notes);
    if (counted.tallies.length === 0) throw noRow(pool.inputs);
    reports.push(...wanted(counted.tallies, options).map((tally) => reportOfTally(tally, pool.goals, known, options)));
    notes.push(decides(pool.goals, options), ...tooMany(pool.goals));
  }
  for (const input of of("counts")) {
    const counted = await readCounts(engine, input, poolName([input.table.path]), options);
    read.set(input.table.path, counted.read);
    if (counted.tallies.length === 0) throw noRow([counted.read]);
    reports.push(
      ...wanted(counted.tallies, options).map((tally) => reportOfTally(tally, counted.goals, known, options)),
    );
    notes.push(decides(counted.goals, options), ...tooMany(counted.goals));
  }
  requireExperiments(reports, options);
  if (!options.isFinished && (pools.length > 0 || of("counts").length > 0)) {
    notes.push(
      "if no more visitors will come, and nobody decided by the table before, --finished lets one test decide",
    );
  }
  steps.begin("comparing experiments");
  const pairs = reports.flatMap((a, at) => reports.slice(at + 1).map((b) => [a, b] as const));
  const isEvents = (report: Report) => log?.reported.includes(report.experiment.key) === true;
  const crossed: CrossTally[] = [
    ...(log
      ? await crossEvents(
          engine,
          log,
          pairs.filter(([a, b]) => isEvents(a) && isEvents(b)),
          options,
        )
      : []),
    ...(await crossVisitors(
      engine,
      units,
      pairs.filter(([a, b]) => !isEvents(a) && !isEvents(b)).map(([a, b]) => [a.experiment.key, b.experiment.key]),
    )),
  ];
  return {
    inputs: inputs.flatMap(({ table }) => {
      const input = read.get(table.path);
      return input ? [{ ...input, rejected: byCount(input.rejected) }] : [];
    }),
    reports,
    independence: independenceOf(crossed),
    notes: [...new Set(notes)],
  };
}

/** A table's own columns, without those joined from outcome tables. */
function ownColumns(read: ReadInput, inputs: readonly Input[]): ReadInput {
  const own = inputs.find(({ table }) => table.path === read.path)?.table.columns ?? [];
  return { ...read, columns: Object.fromEntries(Object.entries(read.columns).filter(([name]) => own.includes(name))) };
}

/** The requested experiments. */
function wanted(tallies: readonly VisitorTally[], { experiments }: AnalyzeOptions): VisitorTally[] {
  return tallies.filter(({ experiment }) => experiments === null || experiments.includes(experiment));
}

function requireExperiments(reports: readonly Report[], { experiments }: AnalyzeOptions): void {
  const found = reports.map(({ experiment }) => experiment.key);
  for (const key of experiments ?? []) {
    if (!found.includes(key)) {
      throw new BadConfig(
        `--experiment has "${key}": allowed are the experiments of the files${found.length === 0 ? "" : `, such as ${found.join(", ")}`}`,
      );
    }
  }
  if (reports.length === 0) throw new BadConfig("the files have no experiment");
}

/** Throws BadConfig if `--columns` or `--ignore` names an unknown column. */
function requireKnownColumns(inputs: readonly Input[], { columns, ignore }: AnalyzeOptions): void {
  const names = new Set(inputs.flatMap(({ table }) => table.columns));
  const plain = new Set([...names].map((name) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "")));
  const check = (flag: string, name: string) => {
    if (
      names.has(name) ||
      plain.has(
        name
          .normalize("NFKD")
          .toLowerCase()
          .replace(/[^\p{L}\p{N}]/gu, ""),
      )
    )
      return;
    throw new BadConfig(`--${flag} names "${name}", which is no column: allowed are ${[...names].join(", ")}`);
  };
  for (const name of columns.values()) check("columns", name);
  for (const name of ignore) check("ignore", name);
}

function decides(goals: readonly { readonly event: string }[], { goals: asked }: AnalyzeOptions): string {
  const [goal] = goals;
  return `${goal?.event} decides: ${asked === null ? "the first outcome as the file has it; another one by --goals" : "the first of --goals"}`;
}

/** Names the goals that exceed a report's maximum. */
function tooMany(goals: readonly { readonly event: string }[]): string[] {
  if (goals.length <= MAX_GOALS) return [];
  const [first] = goals.slice(MAX_GOALS);
  return [`a report has ${MAX_GOALS} goals: the columns from ${first?.event} on are left out; name others by --goals`];
}

async function noOutcome(engine: Engine, inputs: readonly Input[], [read]: readonly ReadInput[]): Promise<BadConfig> {
  const input = inputs.find(({ table }) => table.path === read?.path);
  const columns = [];
  for (const [place, name] of (input?.table.columns ?? []).entries()) {
    const role = read?.columns[name] ?? "ignored";
    const [value] = role === "ignored" && input ? await valuesOf(engine, place, input.rows) : [];
    columns.push(`${name} (${value === undefined ? role : `such as ${shown(value)}`})`);
  }
  return new BadConfig(
    `${read?.path} says who was in which group, and no column says what came of it: name one by --goals, its word for yes by --yes, or add the files of events; its columns are ${columns.slice(0, MAX_SHOWN_COLUMNS).join(", ")}`,
  );
}

/** Maximum number of columns in a message; arbitrary. */
const MAX_SHOWN_COLUMNS = 20;

function noRow(inputs: readonly ReadInput[]): BadConfig {
  const reasons = inputs.flatMap(({ rejected }) => rejected.map(({ reason, count }) => `${count} rejected: ${reason}`));
  return new BadConfig(`${inputs.map(({ path }) => path).join(", ")} has no row that counts (${reasons.join("; ")})`);
}

/** Words an error of the engine as one sentence. */
function sentence(error: unknown): unknown {
  if (error instanceof BadConfig || error instanceof TypeError) return error;
  const { message } = error as Error;
  if (error instanceof RangeError) return new BadConfig(`the files cannot be counted: ${message}`);
  return /(^|: )[A-Z][A-Za-z ]* Error: /.test(message)
    ? new BadConfig(`the files cannot be read: ${message.split("\n")[0]?.replace(/^.*?[A-Z][A-Za-z ]* Error: /, "")}`)
    : error;
}

function analyzedText({ inputs, reports, independence, notes }: Analyzed, { explain }: AnalyzeOptions): string {
  return [
    inputsText(inputs) + notes.map((note) => `${note}\n`).join(""),
    ...reports.map((report) => reportText(report, { hasFormulas: explain })),
    independenceText(independence),
  ]
    .filter((part) => part !== "")
    .join("\n");
}
