import { armsOf } from "../../core/arms.ts";
import type { Experiment } from "../../core/experiment.ts";
import type { Goal } from "../../core/goal.ts";
import type { LeftOut } from "../../core/report/health.ts";
import { type Report, type ReportInput, report } from "../../core/report/report.ts";
import type { Analysis } from "../analysis/contract.ts";
import type { EventLog } from "../events/log.ts";
import { BoundedMap } from "../memory/bounded-map.ts";
import { PromiseQueue } from "../memory/promise-queue.ts";
import type { Registry } from "../registry/registry.ts";
import { orCountingFailed } from "./counting-failed.ts";
import { epochDays } from "./epoch-days.ts";
import { type Epochs, epochsOf } from "./epoch-definitions.ts";
import { frozenOf } from "./frozen.ts";
import type { ResultsQuery } from "./query.ts";

/** The experiment never had the requested epoch; the message names those that it had. */
export class UnknownEpoch extends Error {}

/** Current results of real visitors. */
const PRESENT: ResultsQuery = { epoch: null, run: null };
/** Max age of a cached report; only `pace` depends on the clock. */
const MAX_AGE_MS = 60_000;
/** Minimum interval between counts for lists. */
const MIN_BETWEEN_MS = 5000;
/** Maximum number of cached reports (arbitrary); the least recently used one is deleted. */
const MAX_CACHED_REPORTS = 500;

interface Kept {
  /** Inputs of the report: the experiment's version, and the end of the log. */
  readonly madeOf: string;
  readonly at: number;
  readonly report: Promise<Report>;
}

interface Deps {
  readonly registry: Pick<Registry, "get" | "history">;
  readonly log: Pick<EventLog, "end" | "state">;
  readonly analysis: Analysis;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * Reports of experiments, counted again only when the log has grown or the experiment has changed.
 */
export class Results {
  readonly #deps: Required<Deps>;
  readonly #kept = new BoundedMap<string, Kept>(MAX_CACHED_REPORTS);
  /** Latest finished reports, for lists. */
  readonly #latest = new Map<string, Report>();
  readonly #queued = new Set<string>();
  readonly #background = new PromiseQueue();

  constructor(deps: Deps) {
    this.#deps = { now: Date.now, ...deps };
  }

  /**
   * Current report of an experiment; null when there is none with that key. Rejects with
   * UnknownEpoch when it never had the epoch.
   *
   * @param withinMs accepts a cached report up to this age, even when the log has grown
   */
  async of(key: string, query: ResultsQuery = PRESENT, withinMs = 0): Promise<Report | null> {
    const experiment = this.#deps.registry.get(key);
    if (!experiment) return null;
    const name = JSON.stringify([key, query.epoch, query.run]);
    const { segment, offset } = this.#deps.log.end();
    const madeOf = `${experiment.version} ${segment} ${offset}`;
    const at = this.#deps.now();
    const kept = this.#kept.get(name);
    const limit = kept?.madeOf === madeOf ? MAX_AGE_MS : withinMs;
    const entry = kept && at - kept.at < limit ? kept : { madeOf, at, report: this.#make(experiment, query) };
    this.#kept.set(name, entry);
    try {
      const found = await entry.report;
      if (query.epoch === null && query.run === null) this.#latest.set(key, found);
      return found;
    } catch (error) {
      if (this.#kept.get(name) === entry) this.#kept.delete(name);
      throw error;
    }
  }

  /**
   * Latest known report of an experiment's current definition; null when there is none yet. Starts
   * a new count in the background when it is old, one at a time, for lists that cannot wait.
   */
  latest(key: string): Report | null {
    const last = this.#latest.get(key);
    // Counts of an earlier epoch do not describe the current state.
    const known = last?.epoch === this.#deps.registry.get(key)?.epoch ? last : undefined;
    const at = this.#kept.get(JSON.stringify([key, null, null]))?.at ?? Number.NEGATIVE_INFINITY;
    const isOld = known === undefined || this.#deps.now() - at >= MIN_BETWEEN_MS;
    if (isOld && !this.#queued.has(key)) {
      this.#queued.add(key);
      this.#background
        .run(() => {
          this.#queued.delete(key);
          return this.of(key);
        })
        // Retried with the next list; the results page shows the error.
        .catch(() => undefined);
    }
    return known ?? null;
  }

  /** Resolves when all counts begun by `latest` are done. */
  settled(): Promise<void> {
    return this.#background.idle();
  }

  async #make(experiment: Experiment, { epoch: wanted, run }: ResultsQuery): Promise<Report> {
    const { registry, analysis, now } = this.#deps;
    const known = await epochsOf(experiment, registry.history);
    const { definitions } = known;
    const epoch = wanted ?? experiment.epoch;
    const definition = definitions.get(epoch);
    if (!definition && epoch !== experiment.epoch) {
      const allowed = [...definitions.keys()].sort((a, b) => a - b).join(", ") || String(experiment.epoch);
      throw new UnknownEpoch(`epoch is ${epoch}: allowed are those that the experiment had, ${allowed}`);
    }
    const counted = definition
      ? await orCountingFailed(count({ ...definition, exclusions: experiment.exclusions }, known, run, analysis, now()))
      : NOTHING;
    return report({
      ...counted,
      experiment: {
        ...(definition ?? experiment),
        title: experiment.title,
        state: epoch === experiment.epoch ? experiment.state : "inactive",
      },
      epoch,
      epochs: counted.epochs.filter((other) => definitions.has(other)),
      run,
      asOf: new Date(now()).toISOString(),
      leftOut: this.#leftOut(run),
      exclusions: run === null ? experiment.exclusions : [],
      changes: known.changes.get(epoch) ?? [],
    });
  }

  /** Counted by the server for all experiments together; not for runs. */
  #leftOut(run: string | null): LeftOut {
    if (run !== null) return { bots: null, rejected: null };
    const { bot, rejected } = this.#deps.log.state();
    return { bots: bot, rejected };
  }
}

/** Step at which windows are evaluated: within it, answers can be cached. */
const WINDOW_STEP_MS = 60_000;

/** A run's visitors do everything within their visit, so windows need not be awaited. */
function withoutWindow({ window: _, ...goal }: Goal): Goal {
  return goal;
}

/** Time at which windows are evaluated; absent when no result depends on it. */
function lookedAt(goals: readonly Goal[], now: number): { asOf?: string } {
  if (goals.every(({ window }) => window == null)) return {};
  return { asOf: new Date(now - (now % WINDOW_STEP_MS)).toISOString() };
}

type Counted = Pick<ReportInput, "tally" | "frozen" | "reachedAt" | "epochs" | "traffic" | "counted">;

const NOTHING: Counted = { tally: null, frozen: null, reachedAt: null, epochs: [], traffic: null };

/** Counts an epoch now, and at the time its plan was reached. */
async function count(
  experiment: Experiment,
  { definitions, ends, pauses }: Epochs,
  run: string | null,
  analysis: Analysis,
  now: number,
): Promise<Counted> {
  const { key, epoch } = experiment;
  const goals = run === null ? experiment.goals : experiment.goals.map(withoutWindow);
  const days = epochDays(experiment, now);
  const { unit } = experiment;
  const arms = [...definitions.values()].flatMap(armsOf);
  // Use the current definition: exclusions concern the log, not the epoch.
  const exclusions = run === null ? experiment.exclusions : [];
  const bounded: Pick<Analysis, "tally" | "reachedAt"> = {
    tally: (of, options) => analysis.tally(of, { ...options, unit, days, arms, ends, pauses, exclusions }),
    reachedAt: (of, planned) => analysis.reachedAt(of, { ...planned, unit, ends, exclusions }),
  };
  const { epochs, withoutUnit = [] } = await bounded.tally(key, { goals, run, ...lookedAt(goals, now) });
  const tally = epochs.find((other) => other.epoch === epoch) ?? null;
  const frozen = await frozenOf({ ...experiment, goals }, tally, run, bounded, now);
  const traffic = run === null ? await analysis.traffic(key, { epoch, exclusions }) : null;
  const strays = withoutUnit.find((other) => other.epoch === epoch)?.exposures ?? 0;
  const counted = { unit, withoutUnit: strays };
  return { tally, epochs: epochs.map((other) => other.epoch), traffic, ...frozen, counted };
}
