import { devicesIn } from "../devices-in.ts";
import { type Plan, plannedOf } from "../plan.ts";
import type { EpochTally } from "../tally.ts";
import { countWords, wholeWords } from "./number-words.ts";
import { paceOf } from "./pace.ts";

/** An experiment's progress towards its planned number of devices. */
export interface Progress {
  /** Devices exposed so far, in all groups of the experiment. */
  readonly devices: number;
  /** In the experiment's order. */
  readonly groups: readonly {
    readonly group: string;
    readonly devices: number;
    /**
     * Devices whose window for the primary goal has closed (all, without a window); the plan counts
     * these.
     */
    readonly mature: number;
    /** Null without a plan. */
    readonly planned: number | null;
  }[];
  /** Share of the plan in the group furthest behind, 0 to 1; null without a plan. */
  readonly share: number | null;
  /**
   * The moment at which every group had its planned number; null before. The results are those of
   * that moment from then on.
   */
  readonly reachedAt: string | null;
  /** Devices exposed after that moment; they count in no result. */
  readonly devicesSince: number;
  /**
   * Newly exposed devices per day, over the last 7 days or since the first one; null for less than
   * an hour.
   */
  readonly devicesPerDay: number | null;
  /**
   * Days until the plan is reached at that pace; null without a plan or a pace, once it is reached,
   * and while the experiment is off.
   */
  readonly daysLeft: number | null;
  /**
   * The progress in words, such as “412 of 3,842 planned visitors per group (11%). At the current
   * pace about 9 more days.”
   */
  readonly sentences: readonly string[];
}

export interface ProgressInput {
  readonly groups: readonly { readonly name: string; readonly weight: number }[];
  readonly plan: Plan | null;
  readonly counted: EpochTally | null;
  /** The counts at the moment at which the plan was reached. */
  readonly frozen: EpochTally | null;
  readonly reachedAt: string | null;
  readonly asOf: string;
  /** Whether visitors still arrive; null if not known. */
  readonly isRunning: boolean | null;
  /** The primary goal's window, such as `1d`; null without a window. */
  readonly window: string | null;
  /** Whether the data is complete, without a plan. */
  readonly isFinished: boolean;
}

export function progress(input: ProgressInput): Progress {
  const { groups, plan, counted, frozen, reachedAt, asOf, isRunning, window, isFinished } = input;
  const planned = plan && plannedOf(plan, groups);
  const rows = groups.map(({ name }, place) => ({
    group: name,
    devices: devicesIn(counted, name),
    mature: matureIn(counted, name),
    planned: planned?.[place]?.devices ?? null,
  }));
  const devices = sum(rows.map((row) => row.devices));
  const shares = rows.flatMap((row) => (row.planned ? [Math.min(1, row.mature / row.planned)] : []));
  const pace = paceOf(counted, asOf);
  const left = rows.map((row) => {
    const missing = Math.max(0, (row.planned ?? 0) - row.mature);
    const perDay = pace?.perDay(row.group) ?? 0;
    return missing === 0 ? 0 : perDay === 0 ? null : missing / perDay;
  });
  const isWaiting = plan !== null && reachedAt === null && isRunning === true;
  const known = {
    devices,
    groups: rows,
    share: shares.length === 0 ? null : Math.min(...shares),
    reachedAt,
    devicesSince: frozen ? Math.max(0, devices - sum(groups.map(({ name }) => devicesIn(frozen, name)))) : 0,
    devicesPerDay: pace && sum(groups.map(({ name }) => pace.perDay(name))),
    daysLeft: isWaiting && left.every((days) => days !== null) ? Math.max(...left) : null,
  };
  return { ...known, sentences: sentencesOf(known, isRunning, window, isFinished) };
}

/** Devices of a group whose window for the primary goal has closed. */
function matureIn(counted: EpochTally | null, name: string): number {
  const group = counted?.groups.find((other) => other.group === name);
  return group?.goals[0]?.counts.n ?? group?.devices ?? 0;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function sentencesOf(
  progress: Omit<Progress, "sentences">,
  isRunning: boolean | null,
  window: string | null,
  isFinished: boolean,
): string[] {
  const { devices, groups, share, reachedAt, devicesSince, daysLeft } = progress;
  if (isFinished) return [`${countWords(devices, "visitor")} in all.`];
  const mature = sum(groups.map((row) => row.mature));
  const known = window === null ? "have a known outcome" : `have had their ${windowWords(window)}`;
  const open = mature === devices ? [] : [`${wholeWords(mature)} of ${countWords(devices, "visitor")} ${known}.`];
  const off = [...open, ...(isRunning === false ? ["The experiment is not running."] : [])];
  if (share === null) return [`${countWords(devices, "visitor")} so far.`, ...off];
  if (reachedAt !== null) {
    const since = devicesSince === 0 ? [] : [`${countWords(devicesSince, "visitor")} since then: not counted here.`];
    return [`The planned number of visitors was reached on ${reachedAt.slice(0, 10)}.`, ...since];
  }
  const behind = groups.find((row) => row.planned && Math.min(1, row.mature / row.planned) === share) ?? groups[0];
  const planned = new Set(groups.flatMap((row) => (row.planned ? [row.planned] : [])));
  const where = planned.size === 1 ? "per group" : `in ${behind?.group}`;
  const numbers = `${wholeWords(behind?.mature ?? 0)} of ${wholeWords(behind?.planned ?? 0)}`;
  const reached = `${numbers} planned visitors ${where} (${shareWords(share)}).`;
  return [reached, ...off, ...(daysLeft === null ? [] : [`At the current pace ${daysWords(daysLeft)}.`])];
}

/** “full day”, “full 14 days”, “full 5 minutes”. */
function windowWords(window: string | null): string {
  const [, count = "", unit = ""] = /^(\d+)([mhd])$/.exec(window ?? "") ?? [];
  const noun = { m: "minute", h: "hour", d: "day" }[unit];
  if (noun === undefined) return "full window";
  return count === "1" ? `full ${noun}` : `full ${count} ${noun}s`;
}

/** Rounds down near the end: 100% only when the plan is reached. */
function shareWords(share: number): string {
  return `${share < 1 ? Math.min(99, Math.round(100 * share)) : 100}%`;
}

function daysWords(days: number): string {
  if (days < 1) return "less than 1 more day";
  return days > 1000 ? "more than 1,000 more days" : `about ${countWords(Math.ceil(days), "more day")}`;
}
