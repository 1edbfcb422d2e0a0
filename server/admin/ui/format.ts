const UNITS = ["bytes", "kB", "MB", "GB", "TB"];
const NO_BREAK = "\u00a0";

/** Formats a share from 0 to 1 as a percentage with up to two decimals. */
export function percent(share: number): string {
  return `${(100 * share).toLocaleString("en", { maximumFractionDigits: 2 })}%`;
}

/** Formats a number of bytes with a no-break space: “4.2 MB”. */
export function size(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toLocaleString("en", { maximumFractionDigits: 1 })}\u00a0${UNITS[power]}`;
}

/**
 * Replaces spaces by no-break spaces between a number and its unit: “5,612 visitors”, “p = 0.004”.
 * For pages; programs get the text unchanged.
 */
export function unbroken(words: string): string {
  return words
    .replace(/(?<=\d) (?=(?:percentage|visitors?|days?|more|times?)\b)/g, NO_BREAK)
    .replace(/\bp ([=<]) (?=\d)/g, `p${NO_BREAK}$1${NO_BREAK}`);
}
