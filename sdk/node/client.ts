import { cachedAnswers } from "./cached-answers.ts";
import { EventQueue } from "./event-queue.ts";
import { type Answer, Groups } from "./groups.ts";
import { LocalEvaluation, type LocalOptions } from "./local-evaluation.ts";
import { tagSource } from "./tag-source.ts";
import { eventIds, queryOf, type Visitor } from "./unit.ts";

export interface ClientOptions {
  /** URL of the fairsplit server, such as `https://ab.example.com`. */
  readonly baseUrl: string;
  /** Timeout of each attempt, in milliseconds. */
  readonly timeoutMs?: number;
  readonly attempts?: number;
  /** How long an answer is taken without asking again. */
  readonly freshMs?: number;
  /** How long an answer is taken while the server cannot be asked. */
  readonly staleMs?: number;
  /** Answers in memory. */
  readonly maxCached?: number;
  /** Assigns groups in this process, without a request for each visitor. */
  readonly local?: LocalOptions;
  readonly fetch?: typeof fetch;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Called with what went wrong; nothing is ever thrown. */
  readonly onError?: (error: Error) => void;
}

export interface Client {
  /** URL of the server, without a slash at its end. */
  readonly baseUrl: string;
  /**
   * A visitor's groups. Nothing is asked before the result is awaited, and the same question is
   * asked once at a time. Never rejects: without a server the groups of up to an hour ago, then
   * none.
   */
  groups(visitor: Visitor): PromiseLike<Groups>;
  /** Reports an event without asking for groups. */
  track(visitor: Visitor, event: string, params?: Readonly<Record<string, unknown>>, value?: number): Promise<boolean>;
  /**
   * With `local`: asks at once for changes and exposures, as at the start. Resolves when they are
   * here, or cannot be.
   */
  refresh(): Promise<void>;
  /** Source of the tag, for an inline script; null while the server cannot be asked. */
  tag(): Promise<string | null>;
  /** Resolves when all events are stored or given up. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;
/** After all attempts failed the server is not asked for so long. */
const REST_MS = 1000;

/**
 * A client of a fairsplit server for Node and other runtimes with `fetch`.
 *
 * @example
 * const client = createClient({ baseUrl: "https://ab.example.com" });
 * const groups = await client.groups({ deviceId });
 * if (groups.group("button") === "B") …
 */
export function createClient({
  baseUrl,
  timeoutMs = 250,
  attempts = 4,
  freshMs = 10_000,
  staleMs = HOUR_MS,
  maxCached = 10_000,
  headers = {},
  onError = () => {},
  ...options
}: ClientOptions): Client {
  const url = baseUrl.replace(/\/+$/, "");
  const send = options.fetch ?? ((...args: Parameters<typeof fetch>) => fetch(...args));
  const queue = new EventQueue({ url, fetch: send, timeoutMs, headers, onError });
  const cache = cachedAnswers({ freshMs, staleMs, maxCached });
  const local = options.local && new LocalEvaluation(options.local, { url, fetch: send, headers, staleMs, onError });
  const tag = tagSource({ url, fetch: send, timeoutMs, headers, onError });
  let restUntil = 0;

  async function ask(visitor: Visitor): Promise<Answer | null> {
    if (Date.now() < restUntil) return null;
    let last: Error | null = null;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      try {
        const response = await send(`${url}/api/expgroups?${queryOf(visitor)}`, {
          headers: {
            ...headers,
            ...(visitor.userAgent === undefined ? {} : { "user-agent": visitor.userAgent }),
            ...(visitor.language === undefined ? {} : { "accept-language": visitor.language }),
          },
          signal: AbortSignal.timeout(timeoutMs),
        });
        if (response.ok) {
          const answer = (await response.json()) as Answer;
          cache.seeVersion(response.headers.get("fairsplit-version") ?? "");
          return answer;
        }
        last = new Error(`the groups are answered with status ${response.status}: ${await response.text()}`);
        // The question is wrong: to ask again would not help, and the server is well.
        if (response.status < 429) {
          onError(last);
          return null;
        }
      } catch (error) {
        last = error as Error;
      }
    }
    restUntil = Date.now() + REST_MS;
    onError(new Error(`no groups after ${attempts} attempts: ${last?.message}`));
    return null;
  }

  async function groups(visitor: Visitor): Promise<Groups> {
    const found = local?.groups(visitor);
    if (local && found) {
      return new Groups(found.answer, found.state, visitor, queue, (...exposed) => local.expose(...exposed));
    }
    const { answer, state } = await cache.get(visitor, () => ask(visitor));
    return new Groups(answer, state, visitor, queue);
  }

  return {
    baseUrl: url,
    tag,
    groups: (visitor) => lazily(() => groups(visitor)),
    track(visitor, event, params = {}, value) {
      const ids = eventIds(visitor);
      if (Object.keys(ids).length === 0) return Promise.resolve(false);
      const path = visitor.path ? { path: visitor.path } : {};
      return queue.add({ ...ids, ...path, event, params, ...(value === undefined ? {} : { value }) });
    },
    refresh: () => local?.refresh() ?? Promise.resolve(),
    flush: () => queue.flush(),
    close() {
      local?.close();
      return queue.close();
    },
  };
}

/** A promise that begins when somebody waits for it. */
function lazily<Value>(begin: () => Promise<Value>): PromiseLike<Value> {
  let begun: Promise<Value> | null = null;
  return {
    // biome-ignore lint/suspicious/noThenProperty: what makes it a thing to await
    then(fulfilled, rejected) {
      begun ??= begin();
      return begun.then(fulfilled, rejected);
    },
  };
}
