import { readEvent } from "./scan-log.ts";

/**
 * The part of a log that is removed from it: the events of a device or an account, or those of an
 * experiment. Plain data, so that another process can be asked.
 */
export type Removal = { readonly unit: string } | { readonly experiment: string };

/** Test for lines that must be examined: others need not be parsed. */
export function mentionsOf(removal: Removal): (line: Buffer) => boolean {
  // Search for its JSON form.
  const text = "unit" in removal ? JSON.stringify(removal.unit).slice(1, -1) : `"${removal.experiment}"`;
  const bytes = Buffer.from(text);
  return (line) => line.includes(bytes);
}

/** A line of the log after a removal: the same text, another text, or null for none. */
export function lineAfter(line: string, removal: Removal): string | null {
  const event = readEvent(line);
  // An unreadable line that names the unit may be its own.
  if (!event) return "unit" in removal ? null : line;
  if ("unit" in removal) return event.deviceId === removal.unit || event.accountId === removal.unit ? null : line;
  const key = removal.experiment;
  if (event.experiment === key && event.event === "exposure") return null;
  if (event.event !== "exp_groups" || !Object.hasOwn(event.params, key)) return line;
  const without = (part: unknown) =>
    typeof part === "object" && part !== null
      ? Object.fromEntries(Object.entries(part).filter(([name]) => name !== key))
      : part;
  const params = without(event.params) as Record<string, unknown>;
  if (Object.keys(params).length === 0) return null;
  const parts = Object.entries({ ...event, params }).map(([name, value]) =>
    name === "epochs" || name === "reasons" ? [name, without(value)] : [name, value],
  );
  return JSON.stringify(Object.fromEntries(parts));
}
