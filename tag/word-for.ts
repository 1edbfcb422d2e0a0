import { safely } from "./safely.ts";

/**
 * The word of a group in a list of `group:word`. A word ends before the next `group:`. JSON objects
 * allow any characters in groups and words: `{"Big Red": "/a b"}`.
 */
export function wordFor(list: string, group: string): string | undefined {
  const object = safely(() => JSON.parse(list) as Record<string, unknown>);
  if (object && Object.hasOwn(object, group)) return String(object[group]);
  const at = ` ${list}`.replace(/\s/g, " ").indexOf(` ${group}:`);
  const word = at < 0 ? "" : list.slice(at + group.length + 1);
  return /^\S/.test(word) ? word.split(/\s+\S+:/)[0]?.trimEnd() : undefined;
}
