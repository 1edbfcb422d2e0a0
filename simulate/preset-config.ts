/**
 * Timeout of the tag on a page that says none: a busy machine is not taken for a slow network, and
 * the same seed shows the same groups.
 */
export const UNHURRIED_MS = 10_000;

/**
 * Gives the tag of a page options before the page's own scripts, which may set others and replace
 * each of them. Browsers run it as text: it may use only its arguments.
 *
 * @param forced options that the page does not replace
 */
export function presetConfig(window: Window, given: Readonly<Record<string, unknown>>, forced = {}): void {
  let config: object = { ...given, ...forced };
  Object.defineProperty(window, "fairsplitConfig", {
    configurable: true,
    enumerable: true,
    get: () => config,
    set(own: object) {
      config = { ...given, ...own, ...forced };
    },
  });
}
