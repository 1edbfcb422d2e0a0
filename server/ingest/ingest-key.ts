/** Whether a text is an ingest key; given by the server's configuration and its named tokens. */
export type IsIngestKey = (given: string) => boolean;

/**
 * Whether a request's Authorization has an ingest key: `none` if it has no bearer token at all.
 * Other schemes belong to proxies in front of the server.
 */
export function ingestKeyIn(authorization: string | undefined, isIngestKey: IsIngestKey): "right" | "wrong" | "none" {
  const given = /^Bearer(?:\s+(.*))?$/i.exec(authorization?.trim() ?? "");
  if (!given) return "none";
  return isIngestKey(given[1] ?? "") ? "right" : "wrong";
}
