import type { StoredGroups } from "../../core/stored-groups.ts";
import type { Answer } from "../node/groups.ts";
import { queryOf } from "../node/unit.ts";
import { type Context, type Resolution, resolutionOf, visitorOf } from "./resolution.ts";

/** Inlined groups are those of the page's request; a page from a cache may be older. */
const MAX_INLINED_AGE_MS = 60_000;
const NONE: Answer = {};

export interface WebProviderOptions {
  /** URL of the fairsplit server, such as `https://ab.example.com`. */
  readonly baseUrl: string;
  /** Time of a request in milliseconds; after it, flags have the code's defaults. Default: 1000. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

/**
 * An OpenFeature provider for pages. It asks for the groups of the context when it is set and when
 * the context changes, and evaluates without a request. Groups that the middleware of
 * `fairsplit/node` inlined into the page are taken without any, if the context has no more than
 * their device. While the server cannot be asked, flags have the code's defaults, and the
 * provider's status is ERROR. `targetingKey` is the device.
 *
 * @example OpenFeature.setProvider(webProvider({ baseUrl: "https://ab.example.com" }))
 */
export function webProvider({ baseUrl, timeoutMs = 1000, ...options }: WebProviderOptions) {
  const url = `${baseUrl.replace(/\/+$/, "")}/api/expgroups`;
  let groups = NONE;
  /** Number of the latest context; the answer of an earlier one is dropped. */
  let latest = 0;

  async function ask(context: Context): Promise<void> {
    latest += 1;
    const own = latest;
    // Groups of another unit are no use, not even until the answer comes.
    groups = NONE;
    const query = queryOf(visitorOf(context));
    if (query === "") return;
    const send = options.fetch ?? fetch;
    const response = await send(`${url}?${query}`, { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) {
      throw new Error(`${url} answered with status ${response.status}: ${await response.text()}`);
    }
    const answer = (await response.json()) as Answer;
    if (own === latest) groups = answer;
  }

  const resolve = <Value>(key: string, fallback: Value): Resolution<Value> =>
    resolutionOf(Object.hasOwn(groups, key) ? groups[key] : undefined, fallback, false);

  return {
    runsOn: "client" as const,
    metadata: { name: "fairsplit" },
    async initialize(context: Context = {}): Promise<void> {
      const inlined = inlinedFor(context);
      if (inlined === null) return ask(context);
      groups = inlined;
    },
    onContextChange: (_before: Context, context: Context): Promise<void> => ask(context),
    resolveBooleanEvaluation: (key: string, fallback: boolean) => resolve(key, fallback),
    resolveStringEvaluation: (key: string, fallback: string) => resolve(key, fallback),
    resolveNumberEvaluation: (key: string, fallback: number) => resolve(key, fallback),
    resolveObjectEvaluation: <Value>(key: string, fallback: Value) => resolve(key, fallback),
    async onClose(): Promise<void> {
      latest += 1;
      groups = NONE;
    },
  };
}

/** Groups that the page's server inlined, if they are those of the context; otherwise null. */
function inlinedFor(context: Context): Answer | null {
  const text = globalThis.document?.getElementById("fairsplit")?.textContent;
  if (!text) return null;
  try {
    // The form of `toInlineJson`.
    const [deviceId, at, everywhere, path, onPath] = JSON.parse(text) as StoredGroups;
    const { deviceId: asked, path: asksPath, ...more } = visitorOf(context);
    const hasMore =
      more.accountId !== undefined || more.sessionId !== undefined || Object.keys(more.ctx ?? {}).length > 0;
    const isOther = asked !== deviceId || hasMore || (asksPath !== undefined && asksPath !== path);
    return isOther || !(Date.now() - at < MAX_INLINED_AGE_MS) ? null : ({ ...everywhere, ...onPath } as Answer);
  } catch {
    return null;
  }
}
