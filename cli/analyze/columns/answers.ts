import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../../server/analysis/engine.ts";
import { Ambiguous } from "../ambiguous.ts";
import type { AnalyzeOptions } from "../options.ts";
import { isMissing, isNo, isYes } from "./cells.ts";
import type { Facts } from "./facts.ts";
import { saysYesNo } from "./names.ts";

/** A value of a column with one or two values, and its meaning as a word. */
interface Word {
  readonly text: string;
  readonly means: "yes" | "no" | null;
}

/** The value that means yes, if the words themselves do not say so. */
export interface Answer {
  readonly yes: string;
  readonly note: string;
}

/** A column with more values, counting spellings, is not a yes/no column. */
const MAX_VALUES = 8;
/** Ratio of blanks to yes from which blanks in a column of only yes may mean no. */
const MANY_BLANKS = 0.1;

/**
 * The one or two values of a column; null if they are known words for yes and no, or more than two.
 */
export async function answers(
  engine: Engine,
  cell: string,
  rows: string,
  { present, distinct, yes, no }: Facts,
  yesWords: readonly string[],
): Promise<Word[] | null> {
  const isClear = yes + no === present && yes > 0 && no > 0;
  if (isClear || distinct > MAX_VALUES) return null;
  const found = await engine.rows<[string, boolean, boolean]>({
    text: `select distinct ${cell}, ${isYes(cell, yesWords)}, ${isNo(cell)} ${rows} and not ${isMissing(cell)} order by 1 limit 3`,
    values: [],
  });
  if (found.length === 0 || found.length > 2) return null;
  const isSaid = (text: string) => yesWords.some((word) => word.toLowerCase() === text.toLowerCase());
  return found.map(([text, saysYes, saysNo]) => {
    const means = isSaid(text) || saysYes ? "yes" : saysNo ? "no" : null;
    return { text, means };
  });
}

/**
 * Meaning of a column with one or two values whose words are not known as yes or no.
 *
 * @returns null if the usual reading holds
 * @throws Ambiguous if either value may mean yes, or blank cells may mean no
 */
export function saidAnswer({
  name,
  path,
  words,
  fact,
  isAsked,
  options,
}: {
  readonly name: string;
  readonly path: string;
  readonly words: readonly Word[];
  readonly fact: Facts;
  readonly isAsked: boolean;
  readonly options: Pick<AnalyzeOptions, "yes" | "blank">;
}): Answer | null {
  const said = words.filter(({ text }) => options.yes.some((word) => word.toLowerCase() === text.toLowerCase()));
  const [first, second] = words;
  if (!first) return null;
  if (!second) {
    const hasBlanks = first.means === "yes" && fact.missing >= Math.max(2, fact.present * MANY_BLANKS);
    if (hasBlanks && options.blank === null) {
      throw new Ambiguous(
        `${path}: the column ${name} has ${first.text} in ${fact.present} rows and nothing in ${fact.missing}, which may mean no, or not known`,
        [
          { flag: "blank", value: "no" },
          { flag: "blank", value: "unknown" },
        ],
      );
    }
    return null;
  }
  if (said.length === 1) {
    const yes = said[0]?.text ?? "";
    const no = words.find(({ text }) => text !== yes)?.text ?? "";
    return { yes, note: `${yes} is yes, ${no} is no` };
  }
  const isPlain = words.every(({ means }) => means !== null);
  const isNumbers = words.every(({ text }) => text.trim() !== "" && Number.isFinite(Number(text)));
  // Two numbers are values, unless the column's name asks a yes/no question.
  if (isPlain || !(isAsked || saysYesNo(name)) || (isNumbers && !saysYesNo(name))) return null;
  throw new Ambiguous(
    `${path}: the column ${name} has ${words.map(({ text }) => text).join(" and ")}, and either may be the yes`,
    words.map(({ text }) => ({ flag: "yes", value: text })),
  );
}

/** SQL for 1, 0, or null if the cell is missing. */
export const answerSql = (cell: string, { yes }: Answer) =>
  `case when lower(${cell}) = lower(${literal(yes)}) then 1 when not ${isMissing(cell)} then 0 end`;
