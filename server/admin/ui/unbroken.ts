const NO_BREAK = "\u00a0";

/**
 * Words of a report for a page, where no line ends between a number and what it is of: “12.4 %”, “5,612 visitors”,
 * “p = 0.004”. Only the spaces are others; programs get the words as they are.
 */
export function unbroken(words: string): string {
  return words
    .replace(/(?<=\d) (?=%|(?:percentage|visitors?|days?|more|times?)\b)/g, NO_BREAK)
    .replace(/\bp ([=<]) (?=\d)/g, `p${NO_BREAK}$1${NO_BREAK}`);
}
