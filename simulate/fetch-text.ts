import { EnvironmentMissing } from "./environment.ts";

/** Time for a page or a script with its whole text; a busy machine takes seconds. */
const TIMEOUT_MS = 30_000;

/** Text at an address; `url` is the address after redirects. */
export interface FetchedText {
  readonly url: string;
  readonly text: string;
}

/**
 * Fetches the text of a page or a script.
 *
 * @throws EnvironmentMissing with the address and the reason
 */
export async function fetchText(url: string): Promise<FetchedText> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    // Read the text here: the signal ends an unread body, too.
    const text = await response.text();
    if (response.ok) return { url: response.url, text };
    throw new Error(`answered ${response.status}`);
  } catch (error) {
    const { message, cause, name } = error as Error & { cause?: Error };
    if (/^answered/.test(message)) throw new EnvironmentMissing(`${url} ${message}`);
    const reason = name === "TimeoutError" ? `no answer within ${TIMEOUT_MS / 1000} s` : (cause?.message ?? message);
    throw new EnvironmentMissing(`${url} cannot be reached: ${reason}`);
  }
}
