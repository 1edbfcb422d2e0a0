/** Names that files have for the fields of an event, ours first. Letters count without their case. */
const NAMES = {
  id: ["id", "event_id", "eventid"],
  ts: ["ts", "timestamp", "time", "date", "datetime", "created_at", "event_time"],
  device: ["deviceid", "device_id", "device", "user_id", "userid", "user", "visitor_id", "anonymous_id", "unit_id"],
  name: ["event", "event_name", "eventname", "event_type", "name"],
  experiment: ["experiment", "experiment_id", "experimentid", "experiment_key", "test"],
  group: ["group", "grp", "variant", "variation", "variation_id", "version", "arm", "bucket"],
  epoch: ["epoch"],
  value: ["value", "revenue", "amount"],
  run: ["run"],
  session: ["session_id", "sessionid", "session"],
} as const;

export type Field = keyof typeof NAMES;
export const FIELDS = Object.keys(NAMES) as readonly Field[];

const IN_CAMEL_CASE = ["deviceId", "sessionId", "eventId", "eventName", "userId", "experimentId"];

/** What lines of JSON are looked at for: names that differ by their case only cannot be asked for at once. */
export const SPELLINGS: readonly string[] = [
  ...Object.values(NAMES)
    .flat()
    .filter((name) => !IN_CAMEL_CASE.some((other) => other.toLowerCase() === name)),
  ...IN_CAMEL_CASE,
];

/** Which column of a file is which field. */
export function fieldsOf(columns: readonly string[]): ReadonlyMap<Field, string> {
  const found = new Map<Field, string>();
  for (const field of FIELDS) {
    for (const name of NAMES[field]) {
      const column = columns.find((one) => one.toLowerCase() === name);
      if (column !== undefined && ![...found.values()].includes(column)) {
        found.set(field, column);
        break;
      }
    }
  }
  return found;
}

/** As a name in a query. */
export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
