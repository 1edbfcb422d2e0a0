/** Valid for JSON.parse, but nested deeper than `mostLevels` or with a repeated field. */
export class UnclearJson extends Error {}

/**
 * Parses unambiguous JSON: of two fields with one name JSON.parse silently keeps the last, other
 * readers the first. Throws SyntaxError or UnclearJson.
 */
export function parseStrictJson(text: string, mostLevels: number): unknown {
  // Check first: walking the value would overflow the stack on nesting that JSON.parse accepts.
  if (isDeeper(text, mostLevels)) throw new UnclearJson(`it is nested deeper than ${mostLevels} levels`);
  const value: unknown = JSON.parse(text);
  if (hasFieldTwice(text, value)) throw new UnclearJson("a field is there twice");
  return value;
}

/** Whether the JSON of `value` has two fields with one name in an object. */
export function hasFieldTwice(json: string, value: unknown): boolean {
  return countFields(json) !== countOwnFields(value);
}

/** Counts fields as written. */
function countFields(json: string): number {
  let count = 0;
  for (const [, colon] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g)) if (colon !== undefined) count += 1;
  return count;
}

function countOwnFields(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const below = Object.values(value).reduce((sum: number, item) => sum + countOwnFields(item), 0);
  return Array.isArray(value) ? below : below + Object.keys(value).length;
}

/** One pass over any text. */
function isDeeper(text: string, mostLevels: number): boolean {
  let level = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (isInString) {
      if (sign === "\\") at += 1;
      else if (sign === '"') isInString = false;
    } else if (sign === '"') {
      isInString = true;
    } else if (sign === "[" || sign === "{") {
      level += 1;
      if (level > mostLevels) return true;
    } else if (sign === "]" || sign === "}") {
      level -= 1;
    }
  }
  return false;
}
