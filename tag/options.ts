const DEFAULT_TIMEOUT_MS = 1000;

/** What the script tag's attributes say. */
export interface Options {
  /** Base URL of the server, without a slash at its end. */
  readonly api: string;
  /** After this many milliseconds without an answer the fallback is shown. */
  readonly timeoutMs: number;
  readonly cookieDomain: string | undefined;
  readonly pageview: boolean;
}

export function readOptions(script: HTMLScriptElement | null): Options {
  const { api, timeout, cookieDomain, pageview }: DOMStringMap = script?.dataset ?? {};
  const timeoutMs = Number(timeout ?? DEFAULT_TIMEOUT_MS);
  return {
    api: (api ?? new URL(".", script?.src || location.href).href).replace(/\/$/, ""),
    timeoutMs: timeoutMs >= 0 ? timeoutMs : DEFAULT_TIMEOUT_MS,
    cookieDomain,
    pageview: pageview !== "off",
  };
}
