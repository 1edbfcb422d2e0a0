/**
 * The text that this browser keeps under a name; empty when there is none. Where a page may not store anything, it is what
 * is given.
 *
 * @param given a newer text, to be kept from now on
 */
export function keep(area: "localStorage" | "sessionStorage", name: string, given?: string | null): string {
  try {
    if (given != null) window[area][name] = given;
    return window[area][name] ?? "";
  } catch {
    return given ?? "";
  }
}
