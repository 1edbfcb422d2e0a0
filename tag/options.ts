const DEFAULT_TIMEOUT_MS = 1000;

declare global {
  interface Window {
    /** The script tag's attributes by another way: tag managers drop those that they do not know. */
    fairsplitConfig?: Readonly<Record<string, string | number>>;
  }
}

/** What the script tag's attributes say, or `window.fairsplitConfig` where they do not. */
export interface Options {
  /** Base URL of the server, without a slash at its end. */
  readonly api: string;
  /** After this many milliseconds without an answer the fallback is shown. */
  readonly timeoutMs: number;
  readonly cookieDomain: string | undefined;
  readonly pageview: boolean;
}

export function readOptions(script: HTMLScriptElement | null): Options {
  const { api, timeout, cookieDomain, pageview } = { ...window.fairsplitConfig, ...script?.dataset } as DOMStringMap;
  const timeoutMs = Number(timeout);
  return {
    api: (api ?? new URL(".", script?.src || location.href).href).replace(/\/$/, ""),
    timeoutMs: timeoutMs >= 0 ? timeoutMs : DEFAULT_TIMEOUT_MS,
    cookieDomain,
    pageview: pageview !== "off",
  };
}
