/** The platform's ids are numbers: the first 48 bits of ours. */
export function numberOf(id: string): number {
  return Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
}
