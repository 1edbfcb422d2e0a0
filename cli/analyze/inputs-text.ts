import { wholeWords } from "../../core/report/number-words.ts";
import type { CellNote, ReadInput } from "./read-input.ts";
import type { Example, Rejected } from "./reading/rejected.ts";

const KINDS: Readonly<Record<ReadInput["kind"], string>> = {
  events: "events",
  visitors: "rows of visitors",
  assignments: "assigned visitors",
  outcomes: "rows of outcomes",
  counts: "rows of counts",
};

/** Describes the input: rows read, the role of each column, and rejected rows with reasons. */
export function inputsText(inputs: readonly ReadInput[]): string {
  return inputs
    .map((input) => {
      const lost = input.rejected.reduce((sum, { count }) => sum + count, 0);
      const lines = [
        `${input.path}: ${wholeWords(input.rows - lost)} ${KINDS[input.kind]}`,
        `  ${columnsText(input.columns)}`,
        ...input.notes.map((note) => `  ${note}`),
        ...input.rejected.map((rejected) => `  ${wholeWords(rejected.count)} rejected: ${rejectedText(rejected)}`),
        ...input.cells.flatMap(cellLines).map((line) => `  ${line}`),
      ];
      return `${lines.join("\n")}\n`;
    })
    .join("");
}

/** Maximum number of ignored columns shown; a wide table has hundreds. */
const MAX_IGNORED = 12;

/** `user_id → visitor · group → variant · converted → goal (conversion) · device, age ignored`. */
function columnsText(columns: ReadInput["columns"]): string {
  const used = Object.entries(columns).filter(([, role]) => role !== "ignored");
  const ignored = Object.entries(columns).flatMap(([name, role]) => (role === "ignored" ? [name] : []));
  const more = ignored.length > MAX_IGNORED ? ` and ${ignored.length - MAX_IGNORED} more` : "";
  return [
    ...used.map(([name, role]) => `${name} → ${role}`),
    ...(ignored.length === 0 ? [] : [`${ignored.slice(0, MAX_IGNORED).join(", ")}${more} ignored`]),
  ]
    .join(" · ")
    .replace(/\p{Cc}+/gu, " ");
}

/** A reason with its first examples. */
export function rejectedText({ reason, examples }: Pick<Rejected, "reason" | "examples">): string {
  const shown = examples.map(exampleText).filter((text) => text !== "");
  return shown.length === 0 ? reason : `${reason} (${shown.join("; ")})`;
}

function exampleText({ line, column, value }: Example): string {
  const what = value === "" ? "" : column === null ? value : `${column} is ${value}`;
  if (line === null) return what;
  return what === "" ? `line ${line}` : `line ${line}: ${what}`;
}

function cellLines({ column, missing, rejected }: CellNote): string[] {
  return [
    ...(missing === 0 ? [] : [`${wholeWords(missing)} without ${column}: left out of it`]),
    ...(rejected === null ? [] : [`${wholeWords(rejected.count)} left out: ${rejectedText(rejected)}`]),
  ];
}
