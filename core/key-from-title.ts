/** Arbitrary: a key is typed into pages by hand. */
const MAX_LENGTH = 60;

/**
 * A key derived from a title: lower-case letters and digits with _ between words, without accents,
 * at most 60 characters. Empty when the title has no Latin letter or digit.
 *
 * @example keyFromTitle("Größe des „Kaufen“-Knopfs") // "groesse_des_kaufen_knopfs"
 */
export function keyFromTitle(title: string): string {
  const words = title
    .toLowerCase()
    .replace(/[äöüß]/g, (letter) => GERMAN.get(letter) ?? letter)
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  const key = /^\d/.test(words) ? `_${words}` : words;
  return key.slice(0, MAX_LENGTH).replace(/_+$/, "");
}

const GERMAN: ReadonlyMap<string, string> = new Map([
  ["ä", "ae"],
  ["ö", "oe"],
  ["ü", "ue"],
  ["ß", "ss"],
]);
