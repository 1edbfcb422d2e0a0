/** Unit IDs and context of a request; every part is optional. */
export interface Visitor {
  readonly deviceId?: string | null | undefined;
  readonly accountId?: string | null | undefined;
  readonly sessionId?: string | null | undefined;
  /** Path of the page, for experiments with routes. */
  readonly path?: string | undefined;
  /** Values of `ctx.NAME` in rules. */
  readonly ctx?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Token of a preview link. */
  readonly force?: string | undefined;
  /** Headers of the visitor's request that rules and the bot filter read. */
  readonly userAgent?: string | undefined;
  readonly language?: string | undefined;
}

/** The query of `GET /api/expgroups`; the same for the same visitor. */
export function queryOf({ deviceId, accountId, sessionId, path, ctx = {}, force }: Visitor): string {
  const query = new URLSearchParams();
  if (deviceId) query.set("device_id", deviceId);
  if (accountId) query.set("account_id", accountId);
  if (sessionId) query.set("session_id", sessionId);
  if (path) query.set("path", path);
  for (const name of Object.keys(ctx).sort()) query.set(`ctx.${name}`, String(ctx[name]));
  if (force) query.set("force", force);
  return query.toString();
}

/** Name of a visitor's answer in the cache. */
export function cacheKeyOf(visitor: Visitor): string {
  return JSON.stringify([queryOf(visitor), visitor.userAgent, visitor.language]);
}

/** IDs as an event's fields. */
export function eventIds({ deviceId, accountId, sessionId }: Visitor): Record<string, string> {
  return {
    ...(deviceId ? { deviceId } : {}),
    ...(accountId ? { accountId } : {}),
    ...(sessionId ? { session_id: sessionId } : {}),
  };
}
