/** The syntax that separates cells. */
export interface Dialect {
  readonly separator: string;
  readonly quote: string;
  /** Whether quotes are escaped by a backslash instead of doubling. */
  readonly backslash: boolean;
}

/** A row of a CSV file; for an unreadable one its raw line and the problem. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
  readonly problem: string | null;
}

/** A quoted cell longer than this has no closing quote. */
const MAX_RECORD = 1 << 20;

const UNCLOSED = "a quote that is never closed";
const BEHIND_QUOTE = "text behind a closing quote";
export const widthProblem = (cells: number, width: number) =>
  `${cells} ${cells === 1 ? "cell" : "cells"} where the header has ${width}`;

/**
 * Parses the records of a text in chunks, without blank lines. An unreadable record costs only its
 * first line: a stray quote must not swallow the rows after it.
 *
 * @param width cells per record; a record of several lines with another number is a stray quote too
 */
export async function* csvRecords(
  chunks: AsyncIterable<string> | Iterable<string>,
  { separator, quote, backslash }: Dialect,
  width: number | null = null,
): AsyncGenerator<CsvRecord[]> {
  let text = "";
  let line = 1;
  let isFirst = true;
  const take = (isLast: boolean): CsvRecord[] => {
    const records: CsvRecord[] = [];
    let start = 0;
    let nextQuote = text.indexOf(quote);
    let nextReturn = text.indexOf("\r");
    for (;;) {
      if (start >= text.length) break;
      const newline = text.indexOf("\n", start);
      if (nextReturn !== -1 && nextReturn < start) nextReturn = text.indexOf("\r", start);
      let end = newline === -1 ? text.length : newline;
      let next = newline === -1 ? text.length : newline + 1;
      if (nextReturn !== -1 && nextReturn < end) {
        end = nextReturn;
        // The other half of a line break may be in the next chunk.
        if (end + 1 === text.length && !isLast) break;
        next = text[end + 1] === "\n" ? end + 2 : end + 1;
      } else if (newline === -1 && !isLast) break;
      if (nextQuote !== -1 && nextQuote < start) nextQuote = text.indexOf(quote, start);
      if (nextQuote === -1 || nextQuote >= end) {
        if (end > start) records.push({ line, cells: text.slice(start, end).split(separator), problem: null });
        line += 1;
        start = next;
        continue;
      }
      const read = quotedRecord(text, start);
      const isCut = read.problem === UNCLOSED && !isLast && text.length - start < MAX_RECORD;
      if (isCut) break;
      // A cell that ends with the text may continue in the next chunk.
      if (read.problem === null && read.next >= text.length && !isLast) break;
      const isStray = read.problem !== null || (read.lines > 1 && width !== null && read.cells.length !== width);
      if (isStray) {
        const problem = read.problem ?? widthProblem(read.cells.length, width ?? 0);
        records.push({ line, cells: [text.slice(start, end)], problem });
        line += 1;
        start = next;
        continue;
      }
      records.push({ line, cells: read.cells, problem: null });
      line += read.lines;
      start = read.next;
    }
    text = text.slice(start);
    return records;
  };

  function quotedRecord(from: string, begin: number) {
    const cells: string[] = [];
    let at = begin;
    let lines = 1;
    const failed = (problem: string) => ({ cells, next: from.length, lines, problem });
    for (;;) {
      let open = at;
      while (from[open] === " ") open += 1;
      if (from[open] === quote) {
        let cell = "";
        let from2 = open + 1;
        for (;;) {
          const close = from.indexOf(quote, from2);
          if (close === -1) return failed(UNCLOSED);
          if (backslash && isEscaped(from, close)) {
            cell += `${from.slice(from2, close - 1)}${quote}`;
            from2 = close + 1;
          } else if (from[close + 1] === quote) {
            cell += from.slice(from2, close + 1);
            from2 = close + 2;
          } else {
            cell += from.slice(from2, close);
            at = close + 1;
            break;
          }
        }
        for (let place = cell.indexOf("\n"); place !== -1; place = cell.indexOf("\n", place + 1)) lines += 1;
        cells.push(cell);
        while (from[at] === " " && separator !== " ") at += 1;
        const behind = from[at];
        if (behind !== undefined && behind !== separator && behind !== "\n" && behind !== "\r") {
          return failed(BEHIND_QUOTE);
        }
      } else {
        let end = at;
        while (end < from.length && from[end] !== separator && from[end] !== "\n" && from[end] !== "\r") end += 1;
        cells.push(from.slice(at, end));
        at = end;
      }
      if (from[at] === separator) {
        at += 1;
        continue;
      }
      if (from[at] === "\r") at += from[at + 1] === "\n" ? 2 : 1;
      else if (from[at] === "\n") at += 1;
      return { cells, next: at, lines, problem: null };
    }
  }

  for await (const chunk of chunks) {
    text += isFirst && chunk.startsWith("\ufeff") ? chunk.slice(1) : chunk;
    isFirst = false;
    yield take(false);
  }
  yield take(true);
}

/** Whether an odd number of backslashes precedes an index. */
function isEscaped(text: string, place: number): boolean {
  let slashes = 0;
  while (text[place - 1 - slashes] === "\\") slashes += 1;
  return slashes % 2 === 1;
}
