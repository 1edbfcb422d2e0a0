import type { Event } from "../../../core/event.ts";
import type { Experiment } from "../../../core/experiment.ts";
import type { RehearsalCheck } from "../../../core/rehearsal/report.ts";
import type { PageSeen } from "../in-page.ts";
import type { RehearsalVisit } from "../visit.ts";

/** Everything that a rehearsal observed, from both ends. */
export interface Rehearsed {
  readonly experiment: Experiment;
  /** Groups that visitors can get. */
  readonly groups: readonly string[];
  readonly page: string;
  /** Base URL of the server that began the rehearsal. */
  readonly server: string;
  readonly visits: readonly RehearsalVisit[];
  /** Visits with the tag blocked. */
  readonly without: readonly RehearsalVisit[];
  /** Events that each device would have recorded. */
  readonly heard: ReadonlyMap<string, readonly Event[]>;
}

/** The outcome of a check, without its name. */
export type Outcome = Omit<RehearsalCheck, "name">;

export const passed = (detail: string): Outcome => ({ ok: true, tested: true, detail, fix: null });
export const failed = (detail: string, fix: string): Outcome => ({ ok: false, tested: true, detail, fix });
export const untested = (detail: string, fix: string | null = null): Outcome => ({
  ok: true,
  tested: false,
  detail,
  fix,
});

/** A visit whose page settled. */
export type SettledVisit = RehearsalVisit & { readonly seen: PageSeen };

export function settledOf(visits: readonly RehearsalVisit[]): SettledVisit[] {
  return visits.filter((visit): visit is SettledVisit => visit.seen !== null);
}

/** Settled visits in which the tag was given the previewed group in time. */
export function decidedOf({ visits }: Pick<Rehearsed, "visits">): SettledVisit[] {
  return settledOf(visits).filter(({ seen, group }) => seen.isTagRunning && seen.assigned === group);
}

/**
 * True if the tag showed the fallback because no answer had come. An answer in time may be empty:
 * where the preview got lost, an experiment that has not begun gives no group.
 */
export function isLate({ seen, question }: SettledVisit): boolean {
  const isInTime = question?.status === 200 && (question.answerMs ?? 0) < seen.timeoutMs;
  return seen.isTagRunning && !seen.isAnswered && !isInTime;
}

/** A visit as people call it: `B on a phone`. */
export function nameOf({ group, screen }: Pick<RehearsalVisit, "group" | "screen">): string {
  return `${group ?? "the page without the tag"}${screen === "phone" ? " on a phone-sized screen" : ""}`;
}

/** Distinct texts, at most `most` of them, and how many more there are. */
export function listed(texts: Iterable<string>, most = 4): string {
  const distinct = [...new Set(texts)];
  const more = distinct.length > most ? `, and ${distinct.length - most} more` : "";
  return `${distinct.slice(0, most).join(", ")}${more}`;
}

/** The word of a group in a list such as `A:/a B:/b`, or a JSON object. */
export function wordOf(list: string | null, group: string): string | null {
  if (list === null) return null;
  try {
    const words = JSON.parse(list) as Record<string, unknown>;
    if (Object.hasOwn(words, group)) return String(words[group]);
  } catch {
    // The short form.
  }
  const at = ` ${list}`.replace(/\s/g, " ").indexOf(` ${group}:`);
  const word = at < 0 ? "" : list.slice(at + group.length + 1);
  return /^\S/.test(word) ? (word.split(/\s+\S+:/)[0]?.trimEnd() ?? null) : null;
}

/** The page of a group's redirect; null without one. */
export function redirectOf({ visits, page }: Rehearsed, group: string): URL | null {
  const list = visits.find(({ redirect }) => redirect !== null)?.redirect ?? null;
  const word = wordOf(list, group);
  return word !== null && URL.canParse(word, page) ? new URL(word, page) : null;
}
