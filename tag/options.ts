declare global {
  interface Window {
    /**
     * The script tag's attributes by another way: tag managers drop those that they do not know.
     */
    fairsplitConfig?: Options;
  }
}

/** What a page may say, as attributes `data-…` of the script tag. */
export interface Options {
  /** Base URL of the server; where the script came from when it is not said. */
  readonly api?: string | undefined;
  /**
   * After this many milliseconds without an answer the fallback is shown; 1,000 when it is not
   * said.
   */
  readonly timeout?: string | number | undefined;
  /** Name of the device's cookie; `fairsplit_id` when it is not said. */
  readonly cookie?: string | undefined;
  /** Whose subdomains share the device's cookie. */
  readonly cookieDomain?: string | undefined;
  /** `off`: the page reports its views itself, or not at all. */
  readonly pageview?: string | undefined;
  /** `off`: each view waits for the server, so that a switch holds from the very next view on. */
  readonly stored?: string | undefined;
  /** `required`: nothing is kept or sent before the page says `consent(true)`. */
  readonly consent?: string | undefined;
}
