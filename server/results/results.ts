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
import { epochDays } from "./epoch-days.ts";
import { type Epochs, epochsOf } from "./epoch-definitions.ts";
import { frozenOf } from "./frozen.ts";
import type { ResultsQuery } from "./query.ts";

/** The experiment never had the epoch that was asked for; the message names those that it had. */
export class UnknownEpoch extends Error {}

/** The present results, of real visitors. */
const PRESENT: ResultsQuery = { epoch: null, run: null };
/** Who asks for the same again gets the same, but for the pace, which is of today. */
const MAX_AGE_MS = 60_000;
/** Whoever lists experiments need not see each visitor come. */
const MIN_BETWEEN_MS = 5000;
/** Reports that are kept; arbitrary. The one that was not asked for the longest gives way. */
const MAX_CACHED_REPORTS = 500;

interface Kept {
  /** What it was made from: the experiment's version, and where the log ended. */
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

/** Reports of experiments, counted anew only when the log has grown or the experiment was changed. */
export class Results {
  readonly #deps: Required<Deps>;
  readonly #kept = new BoundedMap<string, Kept>(MAX_CACHED_REPORTS);
  /** Last reports that were finished, for lists. */
  readonly #latest = new Map<string, Report>();
  readonly #queued = new Set<string>();
  readonly #background = new PromiseQueue();

  constructor(deps: Deps) {
    this.#deps = { now: Date.now, ...deps };
  }

  /**
   * The report of an experiment as it is now; null when there is no such experiment. Rejects with UnknownEpoch when it had no
   * such epoch.
   *
   * @param withinMs a report that is not older will do, even when the log has grown
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
   * The last report of an experiment that is known, of the present definition; null when there is none yet. Has a newer one
   * made when that one is old, one after the other, for lists that may not wait.
   */
  latest(key: string): Report | null {
    const last = this.#latest.get(key);
    // What was counted of an earlier epoch is not what the experiment does now.
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
        // It is asked for again with the next list, and whoever opens the results is told why it fails.
        .catch(() => undefined);
    }
    return known ?? null;
  }

  /** When what `latest` has begun is done. */
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
    const counted = definition ? await count(definition, known, run, analysis, now()) : NOTHING;
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
      changes: known.changes.get(epoch) ?? [],
    });
  }

  /** The server counts them for all experiments together; none of a run is left out. */
  #leftOut(run: string | null): LeftOut {
    if (run !== null) return { bots: null, rejected: null };
    const { bot, rejected } = this.#deps.log.state();
    return { bots: bot, rejected };
  }
}

/** Windows are looked at this often: what is asked within it has the same answer. */
const WINDOW_STEP_MS = 60_000;

/** A run's visitors do all that they ever do within their visit, so that nobody waits for them. */
function withoutWindow({ window: _, ...goal }: Goal): Goal {
  return goal;
}

/** When windows are looked at; left out where nothing depends on it. */
function lookedAt(goals: readonly Goal[], now: number): { asOf?: string } {
  if (goals.every(({ window }) => window == null)) return {};
  return { asOf: new Date(now - (now % WINDOW_STEP_MS)).toISOString() };
}

type Counted = Pick<ReportInput, "tally" | "frozen" | "reachedAt" | "epochs">;

const NOTHING: Counted = { tally: null, frozen: null, reachedAt: null, epochs: [] };

/** Counts an epoch as it is now, and as it was when its plan was reached. */
async function count(
  experiment: Experiment,
  { definitions, ends }: Epochs,
  run: string | null,
  analysis: Analysis,
  now: number,
): Promise<Counted> {
  const { key, epoch } = experiment;
  const goals = run === null ? experiment.goals : experiment.goals.map(withoutWindow);
  const days = epochDays(experiment, now);
  const arms = [...definitions.values()].flatMap(armsOf);
  const bounded: Pick<Analysis, "tally" | "reachedAt"> = {
    tally: (of, options) => analysis.tally(of, { ...options, days, arms, ends }),
    reachedAt: (of, planned) => analysis.reachedAt(of, { ...planned, ends }),
  };
  const { epochs } = await bounded.tally(key, { goals, run, ...lookedAt(goals, now) });
  const tally = epochs.find((other) => other.epoch === epoch) ?? null;
  const frozen = await frozenOf({ ...experiment, goals }, tally, run, bounded);
  return { tally, epochs: epochs.map((other) => other.epoch), ...frozen };
}
