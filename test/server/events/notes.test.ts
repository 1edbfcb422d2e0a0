import { expect, test } from "vitest";
import { NOTE_LIMITS, notesOf } from "../../../server/events/notes.ts";

/** A line of the file of rejected events. */
const rejected = (text: string, reason = "no") => JSON.stringify({ at: "2026-01-31T12:00:00.000Z", reason, text });
const json = (id: string) => JSON.stringify({ deviceId: id });
/** Each character as `\u….` */
const escaped = (id: string) =>
  id.replace(/[\s\S]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0").toUpperCase()}`);

const IDS = [
  'say "hi"',
  "back\\slash",
  "\\n",
  "\\u0041",
  "tab\tand\nline",
  "größer 🎯",
  "cafe\u0301",
  "+1 %41 a&b=c",
  "a",
];

const WRITTEN: readonly [what: string, text: (id: string) => string][] = [
  ["as JSON", json],
  ["as an account", (id) => JSON.stringify({ accountId: id, value: "x" })],
  ["in params", (id) => JSON.stringify({ params: { order: { of: id } } })],
  ["in params that are JSON as text", (id) => JSON.stringify({ params: json(id) })],
  ["as a name", (id) => JSON.stringify({ [id]: 1 })],
  ["with escapes that nobody needs", (id) => `{"deviceId":"${escaped(id)}"}`],
  ["in a torn line", (id) => `{"deviceId":${JSON.stringify(id)},"event":"ord`],
  ["in a form", (id) => new URLSearchParams({ deviceId: id }).toString()],
  ["in an address", (id) => `deviceId=${encodeURIComponent(id)}&event=x`],
  ["as JSON in a form", (id) => `data=${encodeURIComponent(json(id))}`],
  ["in a body of UTF-16", (id) => Buffer.from(json(id), "utf16le").toString("utf8")],
];

test.each(WRITTEN)("an ID is found %s, and no other one", (what, written) => {
  for (const id of IDS) {
    // JSON in UTF-16 that was read as UTF-8 has lost the other characters.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (what.includes("UTF-16") && /[^\x00-\x7f]/.test(id)) continue;
    expect(notesOf({ unit: id })(rejected(written(id))), id).toBe(true);
    expect(notesOf({ unit: `${id}~` })(rejected(written(id))), id).toBe(false);
  }
});

test("an experiment is found by its whole key", () => {
  const line = rejected(JSON.stringify({ event: "exposure", experiment: "signup" }));
  expect(notesOf({ experiment: "signup" })(line)).toBe(true);
  expect(notesOf({ experiment: "sign" })(line)).toBe(false);
});

test("what was cut or torn goes with any unit, as it may end within an ID, and with no experiment", () => {
  const cut = ["x".repeat(NOTE_LIMITS.text), "nested too deep to be written"].map((text) => rejected(text));
  cut.push(JSON.stringify({ version: 1, fields: [{ field: "note", example: "x".repeat(NOTE_LIMITS.example) }] }));
  const torn = '{"id":"1","deviceId":"some';
  for (const line of [...cut, torn]) {
    expect(notesOf({ unit: "someone" })(line)).toBe(true);
    expect(notesOf({ experiment: "someone" })(line)).toBe(false);
  }
  for (const line of ["", rejected("x".repeat(NOTE_LIMITS.text - 1)), '\u0001\ufffd{"id":"1","deviceId":"other"}']) {
    expect(notesOf({ unit: "someone" })(line)).toBe(false);
  }
});
