import type { Client } from "../node/client.ts";
import type { Visitor } from "../node/unit.ts";

type Context = Readonly<Record<string, unknown>>;

/** Part of an OpenFeature resolution that this provider sets. */
interface Resolution<Value> {
  readonly value: Value;
  readonly variant?: string;
  readonly reason: string;
  readonly flagMetadata: Record<string, string | number | boolean>;
}

/** Names in a context that are no attributes for rules. */
const UNITS = ["targetingKey", "deviceId", "accountId", "sessionId", "path"];

/**
 * An OpenFeature provider for back ends over a client of `fairsplit/node`: with its cache, and its
 * groups of up to an hour ago while the server is down. `targetingKey` is the device.
 *
 * @example OpenFeature.setProvider(serverProvider(client))
 */
export function serverProvider(client: Client) {
  const resolve = async <Value>(key: string, fallback: Value, context: Context): Promise<Resolution<Value>> => {
    const groups = await client.groups(visitorOf(context));
    const found = groups.all[key];
    if (!found?.group || found.value < 0) return { value: fallback, reason: "DEFAULT", flagMetadata: {} };
    const value = (found.payload ?? found.group) as Value;
    const { group, epoch, reason } = found;
    const flagMetadata = { group, epoch, reason, value: found.value };
    // A payload of another type is a mistake in the definition: the code's default holds.
    if (typeof value !== typeof fallback) return { value: fallback, reason: "ERROR", flagMetadata };
    return {
      value,
      variant: group,
      reason: groups.state === "stale" ? "STALE" : (REASONS[reason] ?? "SPLIT"),
      flagMetadata,
    };
  };
  return {
    runsOn: "server" as const,
    metadata: { name: "fairsplit" },
    resolveBooleanEvaluation: (key: string, fallback: boolean, context: Context) => resolve(key, fallback, context),
    resolveStringEvaluation: (key: string, fallback: string, context: Context) => resolve(key, fallback, context),
    resolveNumberEvaluation: (key: string, fallback: number, context: Context) => resolve(key, fallback, context),
    resolveObjectEvaluation: <Value>(key: string, fallback: Value, context: Context) => resolve(key, fallback, context),
    onClose: () => client.close(),
  };
}

const REASONS: Readonly<Record<string, string>> = {
  rollout: "STATIC",
  allocation: "TARGETING_MATCH",
  forced: "TARGETING_MATCH",
};

function visitorOf(context: Context): Visitor {
  const text = (name: string) => (typeof context[name] === "string" ? context[name] : undefined);
  const ctx = Object.entries(context).filter(
    (entry): entry is [string, string | number | boolean] =>
      !UNITS.includes(entry[0]) && ["string", "number", "boolean"].includes(typeof entry[1]),
  );
  return {
    deviceId: text("deviceId") ?? text("targetingKey"),
    accountId: text("accountId"),
    sessionId: text("sessionId"),
    path: text("path"),
    ctx: Object.fromEntries(ctx),
  };
}
