import { wholeWords } from "../../core/report/number-words.ts";
import type { ReadInput } from "./read-input.ts";

/** What was read, and what was refused and why. */
export function inputsText(inputs: readonly ReadInput[]): string {
  return inputs
    .map(({ path, kind, rows, refused }) => {
      const count = refused.reduce((sum, { rows: some }) => sum + some, 0);
      const what = kind === "events" ? "events" : "visitors";
      const reasons = refused.map(({ reason, rows: some }) => `  ${wholeWords(some)} refused: ${reason}\n`);
      return `${path}: ${wholeWords(rows - count)} ${what}\n${reasons.join("")}`;
    })
    .join("");
}
