/** A time, given as ISO 8601 in UTC. */
export function Time({ at }: { at: string }) {
  const words = new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
  return <time datetime={at}>{words} UTC</time>;
}
