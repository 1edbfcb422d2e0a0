import { literal } from "../../server/analysis/duckdb-dialect.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import { isMissing } from "./columns/cells.ts";
import { placeOf } from "./columns/map-columns.ts";

const ALLOWED =
  "allowed are comparisons such as country = DE, joined by and, or, not and parentheses; operators are = != < <= > >= in (…), is missing";
const TOKEN = /\s*(?:("(?:[^"]|"")*"|`[^`]*`)|('(?:[^']|'')*')|(<=|>=|<>|!=|==|[=<>(),])|([^\s=<>!(),'"`]+))/y;

interface Token {
  readonly kind: "name" | "text" | "sign" | "word";
  readonly text: string;
}

/**
 * SQL for the condition of `--where`. It is parsed, so that only column names and values reach the
 * engine. A missing cell satisfies no comparison.
 *
 * @throws BadConfig if it is not a condition, or names an unknown column
 */
export function whereSql(condition: string, columns: readonly string[]): string {
  const tokens = tokensOf(condition);
  let at = 0;
  const fail = (): never => {
    throw new BadConfig(
      `--where is "${condition}", which is not understood at "${tokens[at]?.text ?? "its end"}": ${ALLOWED}`,
    );
  };
  const isWord = (word: string, ahead = 0) =>
    tokens[at + ahead]?.kind === "word" && tokens[at + ahead]?.text.toLowerCase() === word;
  const isSign = (sign: string) => tokens[at]?.kind === "sign" && tokens[at]?.text === sign;
  const next = (): Token => tokens[at++] ?? fail();

  function either(): string {
    let sql = both();
    while (isWord("or")) {
      at += 1;
      sql = `(${sql} or ${both()})`;
    }
    return sql;
  }
  function both(): string {
    let sql = one();
    while (isWord("and")) {
      at += 1;
      sql = `(${sql} and ${one()})`;
    }
    return sql;
  }
  function one(): string {
    if (isWord("not")) {
      at += 1;
      return `not coalesce(${one()}, false)`;
    }
    if (isSign("(")) {
      at += 1;
      const sql = either();
      if (!isSign(")")) fail();
      at += 1;
      return sql;
    }
    return comparison();
  }
  function comparison(): string {
    const column = columnOf();
    if (isWord("is")) {
      at += 1;
      const isNot = isWord("not");
      if (isNot) at += 1;
      if (!isWord("missing") && !isWord("null")) fail();
      at += 1;
      return `${isNot ? "not " : ""}${isMissing(column)}`;
    }
    const isNot = isWord("not") && isWord("in", 1);
    if (isNot) at += 1;
    if (isWord("in")) {
      at += 1;
      if (!isSign("(")) fail();
      const values: Token[] = [];
      do {
        at += 1;
        values.push(literalOf());
      } while (isSign(","));
      if (!isSign(")")) fail();
      at += 1;
      const sql = `(${values.map((value) => compare(column, "=", value)).join(" or ")})`;
      return isNot ? `(not ${isMissing(column)} and not ${sql})` : sql;
    }
    const sign = next();
    if (sign.kind !== "sign" || !["=", "==", "!=", "<>", "<", "<=", ">", ">="].includes(sign.text)) {
      at -= 1;
      fail();
    }
    return compare(column, sign.text === "==" ? "=" : sign.text === "!=" ? "<>" : sign.text, literalOf());
  }
  /** Reads a column's name up to the first operator, since it may contain spaces. */
  function columnOf(): string {
    const first = next();
    if (first.kind === "sign") {
      at -= 1;
      fail();
    }
    let name = first.text;
    while (first.kind === "word" && tokens[at]?.kind === "word" && !isWord("is") && !isWord("in") && !isWord("not")) {
      name += ` ${next().text}`;
    }
    const place = placeOf(columns, name);
    if (place === null) {
      throw new BadConfig(`--where names "${name}", which is no column: allowed are ${columns.join(", ")}`);
    }
    return `c${place}`;
  }
  function literalOf(): Token {
    const value = next();
    if (value.kind === "sign") {
      at -= 1;
      fail();
    }
    return value;
  }

  const sql = either();
  if (at < tokens.length) fail();
  return `coalesce(${sql}, false)`;
}

/** Compares numbers as numbers, however cells spell them (1, 1.0), and everything else as text. */
function compare(column: string, sign: string, { kind, text }: Token): string {
  const isNumber = kind === "word" && text !== "" && Number.isFinite(Number(text));
  const asText = `${column} ${sign} ${literal(text)}`;
  if (!isNumber) return `(not ${isMissing(column)} and ${asText})`;
  return `(not ${isMissing(column)} and coalesce(try_cast(${column} as double) ${sign} ${Number(text)}, ${sign === "<>" ? "true" : "false"}))`;
}

function tokensOf(condition: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const text = condition.trimEnd();
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [, name, string, sign, word] = match;
    if (name !== undefined) tokens.push({ kind: "name", text: name.slice(1, -1).replaceAll('""', '"') });
    else if (string !== undefined) tokens.push({ kind: "text", text: string.slice(1, -1).replaceAll("''", "'") });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
    else tokens.push({ kind: "word", text: word ?? "" });
    if (TOKEN.lastIndex === text.length) return tokens;
  }
  throw new BadConfig(`--where is "${condition}", which is not understood: ${ALLOWED}`);
}
