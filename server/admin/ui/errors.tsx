import type { Problem } from "../../../core/parse.ts";
import { fieldWords } from "./field-words.ts";

/** Longest part of an invalid value that is quoted. */
const MAX_QUOTED_LENGTH = 80;

interface Props {
  readonly problems: readonly Problem[];
  /** A group's name, by its index. */
  readonly nameOf?: (group: number) => string | undefined;
  /** ID of a field's element on the page; null for a field that is not there. */
  readonly placeOf?: (field: string) => string | null;
}

/** Summary of all problems at the top of a page, each with a link to its field. */
export function Errors({ problems, nameOf = () => undefined, placeOf = () => null }: Props) {
  if (problems.length === 0) return null;
  return (
    <div class="errors" role="alert" id="errors" tabindex={-1} autofocus>
      <h2>
        {problems.length === 1 ? "1 field needs fixing" : `${problems.length} fields need fixing`}. Nothing was saved.
      </h2>
      <ul>
        {problems.map((problem) => {
          const place = placeOf(problem.field);
          const words = `${fieldWords(problem.field, nameOf)}: ${problemWords(problem)}`;
          return <li>{place === null ? words : <a href={`#${place}`}>{words}</a>}</li>;
        })}
      </ul>
    </div>
  );
}

/** A field's problem, as shown beside it. */
export function problemWords({ value, allowed }: Pick<Problem, "value" | "allowed">): string {
  return `${valueWords(value)} Use ${allowed}.`;
}

function valueWords(value: unknown): string {
  if (value === undefined || value === null || value === "") return "It is missing.";
  if (typeof value === "object") return "This is not valid.";
  const text = String(value);
  return `“${text.length > MAX_QUOTED_LENGTH ? `${text.slice(0, MAX_QUOTED_LENGTH)}…` : text}” is not valid.`;
}
