import type { Client } from "../node/client.ts";
import { type Context, type Resolution, resolutionOf, visitorOf } from "./resolution.ts";

/**
 * An OpenFeature provider for back ends over a client of `fairsplit/node`: with its cache, and its
 * groups of up to an hour ago while the server is down. `targetingKey` is the device.
 *
 * @example OpenFeature.setProvider(serverProvider(client))
 */
export function serverProvider(client: Client) {
  const resolve = async <Value>(key: string, fallback: Value, context: Context): Promise<Resolution<Value>> => {
    const groups = await client.groups(visitorOf(context));
    return resolutionOf(groups.all[key], fallback, groups.state === "stale");
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
