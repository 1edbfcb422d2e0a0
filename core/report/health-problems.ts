import { NO_GROUP } from "../arms.ts";
import type { Health, HealthProblem } from "./health.ts";
import { countWords, listWords, numberWords, percentWords, wholeWords } from "./number-words.ts";
import type { SplitHealth } from "./split-health.ts";

/** Causes that were seen most often: Fabijan et al. 2019, table 2. */
const CAUSES =
  "Likely causes: one group's page redirects, fails or loads so slowly that the tag reports it less often; bots that only one group attracts; weights that were changed without a new epoch.";

/** More than this share of devices in two groups blurs a difference; arbitrary. */
const MANY_IN_TWO_GROUPS = 0.01;

/** What is to be said about an epoch's health, the worst first. */
export function healthProblems(health: Omit<Health, "problems">): HealthProblem[] {
  const { split, twoGroups, unknownGroups, unusableValues, leftOut } = health;
  const problems: HealthProblem[] = [];
  const say = (severity: HealthProblem["severity"], text: string) => problems.push({ severity, text });
  if (split.mismatch) say("alarm", `${splitSentence(split)} ${CAUSES}`);
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
    say(
      "warning",
      `${countWords(unusableValues, "value")} not counted: allowed are numbers up to a thousand million with at most 6 decimals.`,
    );
  }
  const counted = [
    countedWords(leftOut.bots, "event of a bot", "events of bots"),
    countedWords(leftOut.refused, "refused event", "refused events"),
  ].filter((words) => words !== null);
  if (counted.length > 0) say("note", `Left out, of all experiments together: ${listWords(counted)}.`);
  const order = ["alarm", "warning", "note"];
  return problems.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

function countedWords(count: number | null, one: string, many: string): string | null {
  return count === null || count === 0 ? null : countWords(count, one, many);
}

/** “Visitors are not split as configured: expected 50/50, saw 5,612/4,388 (p < 0.001).” */
export function splitSentence({ groups, status, threshold }: SplitHealth): string {
  if (status === "unexpected_arm") {
    const wrong = groups.filter(({ weight, observed }) => weight === 0 && observed > 0);
    const each = wrong.map(({ group, observed }) => `${group} has ${countWords(observed, "visitor")}`);
    return `Visitors are not split as configured: ${listWords(each)}, though nobody should get it.`;
  }
  const expected = groups.map(({ expectedShare }) => numberWords(100 * expectedShare)).join("/");
  const observed = groups.map((group) => wholeWords(group.observed)).join("/");
  return `Visitors are not split as configured: expected ${expected}, saw ${observed} (p < ${threshold}).`;
}
