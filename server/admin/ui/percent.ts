/** A share from 0 to 1 as people read it, to a hundredth of a percent. */
export function percent(share: number): string {
  return `${(100 * share).toLocaleString("en", { maximumFractionDigits: 2 })}%`;
}
