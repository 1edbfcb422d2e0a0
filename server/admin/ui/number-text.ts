/** Whether a text is a decimal number; in linear time, as forms may have a megabyte. */
export function isNumberText(text: string): boolean {
  return /^[+-]?(\d+(?:\.\d*)?|\.\d+)$/.test(text);
}

/** A text without a percent sign at its end, and the spaces before it. */
export function withoutPercent(text: string): string {
  return text.endsWith("%") ? text.slice(0, -1).trimEnd() : text;
}
