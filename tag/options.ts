declare global {
  interface Window {
    /** Another way to give the script tag's attributes: tag managers drop unknown attributes. */
    fairsplitConfig?: Options;
  }
}

/** Options of a page, as attributes `data-…` of the script tag. */
export interface Options {
  /** Base URL of the server; default: that of the script. */
  readonly api?: string | undefined;
  /** Milliseconds without an answer after which the fallback is shown; default 1,000. */
  readonly timeout?: string | number | undefined;
  /** Name of the device's cookie; default `fairsplit_id`. */
  readonly cookie?: string | undefined;
  /** Domain whose subdomains share the device's cookie. */
  readonly cookieDomain?: string | undefined;
  /** Any value but `off`: the server renews the cookie by a header. */
  readonly serverCookie?: string | undefined;
  /** `off`: the page reports page views itself, or not at all. */
  readonly pageview?: string | undefined;
  /** `off`: each view waits for the server, so that changes apply from the very next view. */
  readonly stored?: string | undefined;
  /** ID of the account that is logged in on this view. */
  readonly account?: string | undefined;
  /** `required`: nothing is stored or sent before the page calls `consent(true)`. */
  readonly consent?: string | undefined;
}
