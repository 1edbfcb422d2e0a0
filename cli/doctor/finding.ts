/** A line of `fairsplit doctor`. */
export interface Finding {
  readonly what: string;
  /** Null if it cannot be determined here. */
  readonly ok: boolean | null;
  readonly detail: string;
  /** The fix; null if none is needed. */
  readonly fix: string | null;
}

export const good = (what: string, detail: string): Finding => ({ what, ok: true, detail, fix: null });
export const bad = (what: string, detail: string, fix: string): Finding => ({ what, ok: false, detail, fix });
export const unknown = (what: string, detail: string, fix: string | null = null): Finding => ({
  what,
  ok: null,
  detail,
  fix,
});

/** Findings as lines of ✓ and ✗ with their fixes. */
export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const lines = findings.flatMap(({ what, ok, detail, fix }) => [
    `${ok === null ? "–" : ok ? "✓" : "✗"} ${what.padEnd(width)}  ${detail}`,
    ...(fix === null ? [] : [`  ${" ".repeat(width)}  ${ok === false ? "fix: " : ""}${fix}`]),
  ]);
  const wrong = findings.filter(({ ok }) => ok === false).length;
  const result =
    wrong === 0 ? "Nothing is in the way." : `${wrong} ${wrong === 1 ? "thing needs" : "things need"} fixing.`;
  // Replace control characters: a server's answer could move the terminal's cursor.
  return `${[...lines, "", result].map((line) => line.replace(/\p{Cc}+/gu, " ")).join("\n")}\n`;
}
