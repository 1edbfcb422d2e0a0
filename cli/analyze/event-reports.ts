import { join } from "node:path";
import { compareCodePoints } from "../../core/assign.ts";
import type { CrossTally } from "../../core/cross-tally.ts";
import type { Unit } from "../../core/experiment.ts";
import type { Goal } from "../../core/goal.ts";
import { countWords } from "../../core/report/number-words.ts";
import { type Report, report } from "../../core/report/report.ts";
import { TOLERANCE_MS } from "../../core/unit-goal.ts";
import type { Analysis } from "../../server/analysis/contract.ts";
import { literal } from "../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../server/analysis/engine.ts";
import { crossTallyFiles, reachedAtFiles, tallyFiles, trafficFiles } from "../../server/analysis/log-analysis.ts";
import type { EventFile } from "../../server/analysis/log-source.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import { frozenOf } from "../../server/results/frozen.ts";
import { normalised } from "./columns/names.ts";
import { MAX_GOALS } from "./columns/outcomes.ts";
import { timeNotes } from "./columns/times.ts";
import { definitionOf } from "./definition.ts";
import { stageAssignments, stageEvents } from "./events.ts";
import { rejectedText } from "./inputs-text.ts";
import type { KnownExperiment } from "./known-experiments.ts";
import type { AnalyzeOptions } from "./options.ts";
import type { Progress } from "./progress.ts";
import { columnRoles, type Input, type ReadInput, withoutRoles } from "./read-input.ts";
import { EXPOSES, isServerLog } from "./server-marks.ts";
import { cellNotes, filtered, poolName, without } from "./visitors.ts";

/** Events of all files, as one log. */
export interface EventLog {
  readonly files: readonly EventFile[];
  readonly inputs: readonly ReadInput[];
  /** Whether a server of ours has stored all events. */
  readonly isOfServer: boolean;
  /** Keys of the reported experiments. */
  readonly reported: string[];
}

/** Reports, with notes on the events that they leave out. */
export interface EventReports {
  readonly reports: readonly Report[];
  readonly notes: readonly string[];
}

/** Events about what happened to a device, never goals. */
const STANDARD_EVENTS = ["exposure", "exp_groups", "pageview", "unknown_placeholder"];

/**
 * Stages the events of files, and tables of assignments if the events do not have groups.
 *
 * @param tables of visitors; those with a visitor column are assignments if no event has a variant
 */
export async function stageEventLog(
  engine: Engine,
  events: readonly Input[],
  tables: readonly Input[],
  options: AnalyzeOptions,
  temporary: string,
): Promise<EventLog> {
  const files: EventFile[] = [];
  const inputs: ReadInput[] = [];
  const experiment = poolName(events.map(({ table }) => table.path));
  for (const [index, input] of events.entries()) {
    const path = join(temporary, `events-${index}.parquet`);
    const staged = await stageEvents(engine, input, { index, experiment, options, path });
    files.push(staged.file);
    inputs.push(staged.read);
  }
  const exposes = events.some(({ mapping }) => mapping.roles.has("variant"));
  const assignments = exposes ? [] : tables.filter(({ mapping }) => mapping.roles.has("visitor"));
  for (const [place, input] of assignments.entries()) {
    const index = events.length + place;
    const { accepted, rejected } = await withoutRoles(engine, input, ["visitor", "variant", "experiment"]);
    const path = join(temporary, `events-${index}.parquet`);
    const key = poolName(assignments.map(({ table }) => table.path));
    const { file, time } = await stageAssignments(engine, input, {
      index,
      experiment: key,
      options,
      path,
      accepted,
    });
    files.push(file);
    const timed = time && { ...time.style, place: time.place };
    const cells = await cellNotes(engine, input, accepted, 0, [], timed, options);
    const timePlace = input.mapping.roles.get("time");
    const timeColumn = input.table.columns[timePlace ?? -1] ?? "";
    const mapping = time ? input.mapping : { ...input.mapping, roles: without(input.mapping.roles, "time") };
    inputs.push({
      path: input.table.path,
      format: input.table.format,
      kind: "assignments",
      rows: input.table.rows,
      columns: columnRoles({ table: input.table, mapping }, []),
      rejected: [...input.table.rejected, ...rejected, ...filtered(input, options)],
      cells,
      notes: [
        ...input.table.notes,
        "who was in which group; what came of it is in the events",
        ...(time ? await timeNotes(engine, timeColumn, time.style, accepted) : []),
        ...(!time && timePlace !== undefined ? [`${timeColumn}: not read as times`] : []),
        ...(time ? [] : ["without times: every event counts, whenever it was"]),
        ...(cells.length > 0 ? [`visitors without ${timeColumn}: every event of theirs counts, whenever it was`] : []),
      ],
    });
  }
  return { files, inputs, isOfServer: events.every(({ table }) => isServerLog(table.columns)), reported: [] };
}

/** The reports of experiments with exposure events. Throws BadConfig without any. */
export async function eventReports(
  engine: Engine,
  log: EventLog,
  known: ReadonlyMap<string, KnownExperiment>,
  options: AnalyzeOptions,
  steps: Progress,
): Promise<EventReports> {
  const keys = await experimentsIn(engine, log, options);
  steps.expect(keys.length);
  const reports: Report[] = [];
  const notes: string[] = [];
  for (const key of keys) {
    steps.begin(`counting ${key}`);
    const found = await reportOf(engine, log, key, known.get(key), options);
    reports.push(found);
    notes.push(...(await leftOut(engine, log, key, found, options)));
    log.reported.push(key);
  }
  return { reports, notes };
}

/** Goal events that are not counted: of visitors never exposed, or before the exposure. */
async function leftOut(
  engine: Engine,
  { files }: EventLog,
  key: string,
  { goals }: Report,
  { run }: AnalyzeOptions,
): Promise<string[]> {
  const names = goals.map(({ event }) => literal(event)).join(", ");
  const counted = goals.some(({ window }) => window !== null) ? `first_ms - ${TOLERANCE_MS}` : "first_ms";
  const isOfRun = `run is not distinct from ${run === null ? "null" : literal(run)}`;
  const rows = await engine.rows<[string, bigint, bigint, bigint]>({
    text: `with firsts as (
        select device, min(at_ms) as first_ms from ${eventsOf(files)}
        where ${EXPOSES} and experiment = ${literal(key)} and ${isOfRun} group by device
      )
      select name, count(*) filter (where first_ms is null), count(distinct device) filter (where first_ms is null),
        count(*) filter (where at_ms < ${counted})
      from ${eventsOf(files)} left join firsts using (device) where name in (${names}) and ${isOfRun} group by name order by name`,
    values: [],
  });
  return rows.flatMap(([name, ofStrangers, strangers, early]) => [
    ...(ofStrangers === 0n
      ? []
      : [`${key}: ${some(ofStrangers, name)} left out, of ${countWords(Number(strangers), "visitor")} never exposed`]),
    ...(early === 0n ? [] : [`${key}: ${some(early, name)} left out, before the visitor's first exposure`]),
  ]);
}

async function experimentsIn(
  engine: Engine,
  { files, inputs }: EventLog,
  { experiments, run }: AnalyzeOptions,
): Promise<string[]> {
  const rows = await engine.rows<[string, string | null]>({
    text: `select distinct experiment, run from ${eventsOf(files)} where ${EXPOSES}`,
    values: [],
  });
  const ofRun = rows.filter((row) => row[1] === run).map(([key]) => key);
  const found = [...new Set(ofRun)].sort(compareCodePoints);
  if (found.length === 0) {
    const runs = [...new Set(rows.map((row) => row[1]).filter((other) => other !== null))];
    const hint = runs.length === 0 ? "" : `. There are events of simulated runs; --run may be ${runs.join(", ")}`;
    const reasons = inputs.flatMap(({ rejected }) =>
      rejected.map(
        (some) => `${some.count} rejected: ${rejectedText({ ...some, examples: some.examples.slice(0, 1) })}`,
      ),
    );
    const columns = inputs.some(({ columns: roles }) => Object.values(roles).includes("variant"))
      ? ""
      : ". No column says a variant: name it by --columns variant=…, or add the table of who was in which group";
    throw new BadConfig(
      `no event exposes anybody to an experiment${run === null ? "" : ` in the run "${run}"`}${reasons.length === 0 ? "" : ` (${reasons.join("; ")})`}${hint}${columns}`,
    );
  }
  for (const key of experiments ?? []) {
    if (!found.includes(key)) throw new BadConfig(`--experiment has "${key}": allowed are ${found.join(", ")}`);
  }
  return experiments ? [...experiments] : found;
}

async function reportOf(
  engine: Engine,
  { files, inputs, isOfServer }: EventLog,
  key: string,
  of: KnownExperiment | undefined,
  options: AnalyzeOptions,
): Promise<Report> {
  const { definitions, ends = [], pauses = [] } = of?.epochs ?? {};
  const known = (options.epoch !== null && definitions?.get(options.epoch)) || of?.experiment;
  const exclusions = options.run === null ? (of?.experiment.exclusions ?? []) : [];
  // Experiments of `--assign` may have no goals.
  const isGiven = known !== undefined && known.goals.length > 0 && options.goals === null;
  const goals = isGiven ? known.goals : await goalsIn(engine, files, key, options);
  const bounded: Pick<Analysis, "tally" | "reachedAt"> = {
    tally: (of, scope) => tallyFiles(engine, files, of, { ...scope, ends, pauses, exclusions }),
    reachedAt: (of, planned) => reachedAtFiles(engine, files, of, { ...planned, ends, exclusions }),
  };
  const { epochs } = await bounded.tally(key, { goals, run: options.run });
  const numbers = epochs.map(({ epoch }) => epoch);
  const tally = options.epoch === null ? epochs.at(-1) : epochs.find(({ epoch }) => epoch === options.epoch);
  if (!tally) throw new BadConfig(`--epoch is ${options.epoch}: allowed are those of ${key}, ${numbers.join(", ")}`);
  const definition = definitionOf(key, tally, goals, known, options);
  const { isFinished } = options;
  const plan = isFinished ? null : definition.plan;
  const reached = isFinished
    ? { frozen: null, reachedAt: null }
    : await frozenOf({ ...definition, plan }, tally, options.run, bounded);
  const traffic =
    isOfServer && options.run === null
      ? await trafficFiles(engine, files, key, { epoch: tally.epoch, exclusions })
      : null;
  return report({
    experiment: { ...definition, plan },
    epoch: tally.epoch,
    epochs: numbers,
    run: options.run,
    tally,
    ...reached,
    isFinished,
    isFile: true,
    asOf: tally.lastAt,
    leftOut: { bots: null, rejected: null },
    traffic,
    exclusions,
    counted: { unit: definition.unit === visitorUnit(inputs) ? definition.unit : "device" },
  });
}

/** “3 events of purchase”. */
function some(count: bigint, name: string): string {
  return `${countWords(Number(count), "event")} of ${name}`;
}

/** The unit named by the visitor column: accounts and sessions by their names in a log. */
function visitorUnit(inputs: readonly ReadInput[]): Unit {
  const names = inputs.flatMap(({ columns }) =>
    Object.entries(columns).flatMap(([name, role]) => (role === "visitor" ? normalised(name) : [])),
  );
  const isEvery = (unit: Unit) => names.length > 0 && names.every((name) => name === unit || name === `${unit}id`);
  return (["account", "session"] as const).find(isEvery) ?? "device";
}

/**
 * Goals of an experiment from its events, most frequent first; of kind value if any event has one.
 */
async function goalsIn(
  engine: Engine,
  files: readonly EventFile[],
  key: string,
  { goals, run }: AnalyzeOptions,
): Promise<Goal[]> {
  const standard = STANDARD_EVENTS.map(literal).join(", ");
  const rows = await engine.rows<[string, bigint, bigint]>({
    text: `select name, count(distinct device), count(value) from ${eventsOf(files)}
      where name not in (${standard}) and run is not distinct from ${run === null ? "null" : literal(run)}
        and device in (select device from ${eventsOf(files)} where ${EXPOSES} and experiment = ${literal(key)})
      group by name order by 2 desc, name`,
    values: [],
  });
  const found = rows.map(([event, , values]): Goal => ({ event, kind: values > 0n ? "value" : "binary" }));
  const wanted = goals?.map((event): Goal => found.find((goal) => goal.event === event) ?? { event, kind: "binary" });
  const some = wanted ?? found.slice(0, MAX_GOALS);
  if (some.length === 0) {
    const strangers = await strangersIn(engine, files, key);
    if (strangers !== null) throw new BadConfig(strangers);
    throw new BadConfig(
      `no event of ${key} can be a goal: nobody who was exposed did anything but see pages; name events by --goals, or pages by --goal page:/path`,
    );
  }
  return some;
}

/** Notes goal events whose visitor IDs do not occur among the exposed. */
async function strangersIn(engine: Engine, files: readonly EventFile[], key: string): Promise<string | null> {
  const [row] = await engine.rows<[bigint, bigint, bigint]>({
    text: `with exposed as (select distinct device from ${eventsOf(files)} where ${EXPOSES} and experiment = ${literal(key)}),
        acting as (select distinct device from ${eventsOf(files)} where name <> 'exposure')
      select (select count(*) from exposed), (select count(*) from acting), (select count(*) from exposed join acting using (device))`,
    values: [],
  });
  const [exposed, acting, both] = (row ?? []).map(Number) as [number, number, number];
  if (acting === 0 || both > 0) return null;
  return `no event is of anybody in ${key}: the ids of its ${exposed} visitors and of the ${acting} visitors of the events have none in common; say by --columns visitor=… which columns have the same ids`;
}

/** Contingency tables of each pair of experiments: devices by their groups in both. */
export async function crossEvents(
  engine: Engine,
  { files }: EventLog,
  pairs: readonly (readonly [Report, Report])[],
  { run }: AnalyzeOptions,
): Promise<CrossTally[]> {
  const crossing = ({ experiment, epoch }: Report) => ({ experiment: experiment.key, epoch });
  return crossTallyFiles(
    engine,
    files,
    pairs.map(([a, b]) => [crossing(a), crossing(b)]),
    { run },
  );
}

function eventsOf(files: readonly EventFile[]): string {
  return `read_parquet([${files.map(({ path }) => literal(path)).join(", ")}])`;
}
