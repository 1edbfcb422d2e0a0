const NAME = "fairsplit_sticky";

/**
 * The token by which this device keeps its groups; empty when there is none, or the page may not store anything.
 *
 * @param received a newer one, to be kept
 */
export function stickyToken(received?: string | null): string {
  try {
    if (received) localStorage[NAME] = received;
    return localStorage[NAME] ?? "";
  } catch {
    return "";
  }
}
