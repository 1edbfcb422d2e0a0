import type { Traffic } from "../traffic.ts";
import type { HealthProblem } from "./health.ts";
import { countWords, percentWords, wholeWords } from "./number-words.ts";

/** Name and explanation of each reason. */
const REASONS: Readonly<Record<string, readonly [name: string, why: string]>> = {
  group: ["Impossible group", "by the definition of their period these visitors cannot have the group they name"],
  epoch: ["Unknown period", "they name a period that had not begun"],
  paused: ["Pause", "they came while the experiment was paused"],
  ended: ["Ended period", "they came more than 10 minutes after the end of their period"],
};

/** The problems with the origin of exposures. */
export function trafficProblems({ networks, uncounted }: Traffic): HealthProblem[] {
  return [
    ...uncounted.map(({ reason, exposures, networks: from }): HealthProblem => {
      const [name, why] = REASONS[reason] ?? [reason, "the server marked them"];
      const origin = from === 0 ? "" : ` from ${countWords(from, "network")}`;
      return {
        severity: "warning",
        text: `${name}: ${countWords(exposures, "exposure")}${origin} not counted; ${why}.`,
      };
    }),
    ...networks.map(({ network, day, exposures, ofDay }): HealthProblem => {
      const share = `${percentWords(exposures / ofDay)} of the exposures of ${day}`;
      const counts = `${wholeWords(exposures)} of ${wholeWords(ofDay)}`;
      const text = `One network (${network}) brought ${share} (${counts}). An admin can leave it out of the results.`;
      return { severity: "warning", text };
    }),
  ];
}
