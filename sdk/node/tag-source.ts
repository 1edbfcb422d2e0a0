interface Dependencies {
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly onError: (error: Error) => void;
}

/** Time for which a source is taken without asking again. */
const FRESH_MS = 60_000;
/** Time between requests while the source cannot be had. */
const REST_MS = 1000;
/** Text that would end an inline script, or begin a comment in it. */
const UNSAFE = /<\/script|<!--/i;

/**
 * The tag's source for pages that have it inline. Only the first call waits for the server; later
 * ones ask again beside the answer. Null while it was never had. Never rejects.
 */
export function tagSource({ url, fetch: send, timeoutMs, headers, onError }: Dependencies) {
  let source: string | null = null;
  let askAt = 0;
  let asking: Promise<void> | null = null;

  async function ask(): Promise<void> {
    askAt = Date.now() + REST_MS;
    try {
      const response = await send(`${url}/tag.js`, { headers, signal: AbortSignal.timeout(timeoutMs) });
      const text = await response.text();
      if (!response.ok) throw new Error(`status ${response.status}`);
      if (UNSAFE.test(text)) throw new Error("it holds </script or <!--");
      source = text;
      askAt = Date.now() + FRESH_MS;
    } catch (error) {
      onError(new Error(`the tag for inline scripts cannot be had: ${(error as Error).message}`));
    }
  }

  return async (): Promise<string | null> => {
    if (Date.now() >= askAt) {
      asking ??= ask().finally(() => {
        asking = null;
      });
    }
    if (source === null) await asking;
    return source;
  };
}
