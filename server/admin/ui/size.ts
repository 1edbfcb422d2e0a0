const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** A number of bytes as people read it: “4.2 MB”, which no line parts. */
export function size(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toLocaleString("en", { maximumFractionDigits: 1 })}\u00a0${UNITS[power]}`;
}
