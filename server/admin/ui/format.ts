const UNITS = ["bytes", "kB", "MB", "GB", "TB"];
const NO_BREAK = "\u00a0";

/** A share from 0 to 1 as people read it, to a hundredth of a percent. */
export function percent(share: number): string {
  return `${(100 * share).toLocaleString("en", { maximumFractionDigits: 2 })}%`;
}

/** A number of bytes as people read it: “4.2 MB”, which no line parts. */
export function size(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toLocaleString("en", { maximumFractionDigits: 1 })}\u00a0${UNITS[power]}`;
}

/**
 * Words of a report for a page, where no line ends between a number and what it is of: “5,612 visitors”,
 * “p = 0.004”. Only the spaces are others; programs get the words as they are.
 */
export function unbroken(words: string): string {
  return words
    .replace(/(?<=\d) (?=(?:percentage|visitors?|days?|more|times?)\b)/g, NO_BREAK)
    .replace(/\bp ([=<]) (?=\d)/g, `p${NO_BREAK}$1${NO_BREAK}`);
}
