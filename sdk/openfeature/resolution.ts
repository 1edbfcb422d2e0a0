import type { AssignedGroup } from "../../core/http-contract.ts";
import { CTX_NAME, MAX_CTX_LENGTH } from "../../core/visitor-limits.ts";
import type { Visitor } from "../node/unit.ts";

export type Context = Readonly<Record<string, unknown>>;

/** Part of an OpenFeature resolution that the providers set. */
export interface Resolution<Value> {
  readonly value: Value;
  readonly variant?: string;
  readonly reason: string;
  readonly flagMetadata: Record<string, string | number | boolean>;
}

const REASONS: Readonly<Record<string, string>> = {
  rollout: "STATIC",
  allocation: "TARGETING_MATCH",
  forced: "TARGETING_MATCH",
};

/** Names in a context that are no attributes for rules. */
const OWN = ["targetingKey", "deviceId", "accountId", "sessionId", "path"];

/**
 * The value of a flag: the group's payload, or its name; the fallback if the unit takes no part.
 */
export function resolutionOf<Value>(
  found: AssignedGroup | undefined,
  fallback: Value,
  isStale: boolean,
): Resolution<Value> {
  if (!found?.group || found.value < 0) return { value: fallback, reason: "DEFAULT", flagMetadata: {} };
  const value = (found.payload ?? found.group) as Value;
  const { group, epoch, reason } = found;
  const flagMetadata = { group, epoch, reason, value: found.value };
  // A payload of another type is a mistake in the definition: the code's default holds.
  if (typeof value !== typeof fallback) return { value: fallback, reason: "ERROR", flagMetadata };
  return { value, variant: group, reason: isStale ? "STALE" : (REASONS[reason] ?? "SPLIT"), flagMetadata };
}

/**
 * The units and attributes of an evaluation context; `targetingKey` is the device. Attributes whose
 * names no rule can have, such as `user.email`, are left out.
 */
export function visitorOf(context: Context): Visitor {
  const text = (name: string) => (typeof context[name] === "string" ? context[name] : undefined);
  const ctx = Object.entries(context).filter(
    (entry): entry is [string, string | number | boolean] =>
      !OWN.includes(entry[0]) &&
      CTX_NAME.test(entry[0]) &&
      ["string", "number", "boolean"].includes(typeof entry[1]) &&
      // Rules read it as the header; as an attribute it may be too long.
      !(entry[0] === "userAgent" && String(entry[1]).length > MAX_CTX_LENGTH),
  );
  return {
    deviceId: text("deviceId") ?? text("targetingKey"),
    accountId: text("accountId"),
    sessionId: text("sessionId"),
    path: text("path"),
    userAgent: text("userAgent"),
    language: text("language"),
    ctx: Object.fromEntries(ctx),
  };
}
