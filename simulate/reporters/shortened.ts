/**
 * Longest text in a report for other programs: readers of XML refuse 10 MB, and GitHub a summary
 * of 1 MB. Pages may write more to their consoles. The JSON report has all of it.
 */
const MAX_CHARACTERS = 10_000;

/** The text, or its beginning with the number of characters that are left out. */
export function shortened(text: string): string {
  const rest = text.length - MAX_CHARACTERS;
  return rest <= 0 ? text : `${text.slice(0, MAX_CHARACTERS)}… (and ${rest} more characters)`;
}
