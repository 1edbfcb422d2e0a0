/** A moment as people read it, to the second and in UTC: "2026-01-31 12:00:00 UTC". `at` is an ISO 8601 time in UTC. */
export function UtcTime({ at }: { at: string }) {
  return <time datetime={at}>{`${at.slice(0, 10)} ${at.slice(11, 19)} UTC`}</time>;
}
