import { NO_GROUP } from "../arms.ts";
import type { Exclusion } from "../exclusion.ts";
import { exclusionWords } from "../exclusion-words.ts";
import type { Health, HealthProblem } from "./health.ts";
import { countWords, listWords, numberWords, percentWords, sentenceP, wholeWords } from "./number-words.ts";
import type { SplitHealth } from "./split-health.ts";
import { trafficProblems } from "./traffic-problems.ts";

/** The most frequent causes: Fabijan et al. 2019, table 2. */
const CAUSES =
  "Likely causes: one group's page redirects, fails or loads so slowly that the tag reports it less often; bots that only one group attracts; weights that were changed without a new epoch.";

/** Share of devices in two groups above which a difference is diluted; arbitrary. */
const MANY_IN_TWO_GROUPS = 0.01;

/** Share of devices with a wrong clock above which to warn; arbitrary. */
const MANY_WRONG_CLOCKS = 0.01;

/** The problems of an epoch's data, most severe first. */
export function healthProblems(health: Omit<Health, "problems">): HealthProblem[] {
  const {
    split,
    unit,
    countedUnit,
    withoutUnit,
    splitAccounts,
    wrongClocks,
    twoGroups,
    unknownGroups,
    unusableValues,
    unusableGoals,
    leftOut,
    traffic,
    exclusions,
  } = health;
  const problems: HealthProblem[] = [];
  const say = (severity: HealthProblem["severity"], text: string) => problems.push({ severity, text });
  if (split.mismatch) say("alarm", `${splitSentence(split)} ${CAUSES}`);
  if (unit === "random" || unit !== countedUnit) say("alarm", unitSentence(health));
  else if (unit !== "device") say("note", countedSentence(unit));
  if (withoutUnit > 0 && unit !== "random") {
    say("warning", `${countWords(withoutUnit, "exposure")} without ${A_UNIT[unit]}: not counted.`);
  }
  if (splitAccounts > 0) {
    say(
      "note",
      `${countWords(splitAccounts, "account")} saw different groups on different devices. Each device counts in its own.`,
    );
  }
  if (split.status === "assumed" && (split.pValue ?? 1) < split.threshold) {
    say(
      "warning",
      `${splitSentence(split)} If the groups were meant to be of these sizes, say their weights; if they were meant to be equal, do not trust the results.`,
    );
  }
  if (split.status === "several_splits") {
    say("note", "The split is not checked: other weights apply to some visitors, so nobody knows what to expect.");
  }
  if (twoGroups.devices > 0) {
    const isMany = (twoGroups.share ?? 0) > MANY_IN_TWO_GROUPS;
    const share = twoGroups.share === null ? "" : ` (${percentWords(twoGroups.share)})`;
    say(
      isMany ? "warning" : "note",
      `${countWords(twoGroups.devices, "visitor")}${share} saw two groups and ${twoGroups.devices === 1 ? "counts" : "count"} in the first.`,
    );
  }
  for (const { group, devices } of unknownGroups) {
    const why =
      group === NO_GROUP ? ", of groups that the experiment does not have" : `: the experiment has no group “${group}”`;
    say("warning", `${countWords(devices, "visitor")} left out${why}.`);
  }
  if (unusableValues > 0) {
    const values = `${countWords(unusableValues, "value")} not counted: allowed are numbers up to a thousand million.`;
    const blocked =
      unusableGoals.length === 0
        ? ""
        : ` They are more than 1 in 1,000 of ${listWords(unusableGoals.map((label) => `“${label}”`))}, so ${unusableGoals.length === 1 ? "it has" : "they have"} no verdict.`;
    say("warning", `${values}${blocked}`);
  }
  if (traffic !== null) for (const { severity, text } of trafficProblems(traffic)) say(severity, text);
  if (exclusions.length > 0) say("note", exclusionsSentence(exclusions, traffic?.excluded ?? 0));
  if (wrongClocks.devices > 0) {
    const share = wrongClocks.share ?? 0;
    say(
      share > MANY_WRONG_CLOCKS ? "warning" : "note",
      `The clocks of ${countWords(wrongClocks.devices, "visitor")} (${percentWords(share)}) were more than 2 minutes off and were corrected by the server's.`,
    );
  }
  const counted = [
    countedWords(leftOut.bots, "event of a bot", "events of bots"),
    countedWords(leftOut.rejected, "rejected event", "rejected events"),
  ].filter((words) => words !== null);
  if (counted.length > 0) say("note", `Left out, of all experiments together: ${listWords(counted)}.`);
  const order = ["alarm", "warning", "note"];
  return problems.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

/** Parts that are named; arbitrary. */
const MAX_NAMED = 10;

function exclusionsSentence(exclusions: readonly Exclusion[], exposures: number): string {
  const named = exclusions.slice(0, MAX_NAMED).map(exclusionWords);
  const more = exclusions.length - named.length;
  const parts = more === 0 ? named : [...named, `${more} more`];
  return `${countWords(exposures, "exposure")} left out by an admin: ${listWords(parts)}.`;
}

function countedWords(count: number | null, one: string, many: string): string | null {
  return count === null || count === 0 ? null : countWords(count, one, many);
}

const A_UNIT = {
  device: "a device",
  account: "an account",
  session: "a session",
  random: "a unit",
} as const satisfies Record<Health["unit"], string>;

/** Why there is no verdict of an experiment whose units are not counted. */
export function unitSentence({ unit, countedUnit, withoutUnit }: Omit<Health, "problems">): string {
  if (unit === "random") {
    return `This experiment draws anew at every request, so that nobody can be followed: it has ${countWords(withoutUnit, "exposure")} and no results.`;
  }
  return `This experiment assigns by ${unit}, but results are counted by ${countedUnit}: what one ${unit} does is not independent, so there is no verdict.`;
}

function countedSentence(unit: Health["unit"]): string {
  const one = { account: ", on however many devices", session: "", device: "", random: "" }[unit];
  return `Counted by ${unit}: each ${unit} is one visitor${one}.`;
}

/** “Visitors are not split as configured: expected 50/50, saw 5,612/4,388 (p < 0.001).” */
export function splitSentence(split: Omit<SplitHealth, "text">): string {
  const { groups, status, pValue, threshold } = split;
  if (status === "no_data") return "Nobody has been split yet.";
  if (status === "single_arm") return "Only one group gets visitors.";
  if (status === "several_splits") return "The split is not checked: other weights apply to some visitors.";
  if (status === "unexpected_arm") {
    const wrong = groups.filter(({ weight, observed }) => weight === 0 && observed > 0);
    const each = wrong.map(({ group, observed }) => `${group} has ${countWords(observed, "visitor")}`);
    return `Visitors are not split as configured: ${listWords(each)}, though nobody should get it.`;
  }
  const expected = groups.map(({ expectedShare }) => numberWords(100 * expectedShare)).join("/");
  const observed = groups.map((group) => wholeWords(group.observed)).join("/");
  const p = pValue === null ? "" : ` (${sentenceP(pValue, threshold)})`;
  if (status === "assumed") {
    const isEven = (pValue ?? 1) >= threshold;
    return `Nobody said the weights. Visitors are ${isEven ? "split evenly" : "not split evenly"}: ${observed}${p}.`;
  }
  const isAsConfigured = (pValue ?? 1) >= threshold;
  return `Visitors are ${isAsConfigured ? "" : "not "}split as configured: expected ${expected}, saw ${observed}${p}.`;
}
