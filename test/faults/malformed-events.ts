import fc from "fast-check";

const VALID = {
  id: "e-1",
  ts: "2026-01-31T12:00:00.000Z",
  deviceId: "d1",
  event: "pageview",
  source: "browser",
  path: "/",
  experiment: "x",
  group: "A",
  epoch: 1,
  value: 1.5,
  params: { a: 1 },
};

/** Texts that have broken parsers, stores or spreadsheets. */
const NASTY = [
  "",
  "\u0000",
  "\ud800",
  "\udfff\ud800",
  "__proto__",
  "constructor",
  "toString",
  "=1+1",
  "\u2028",
  "💥".repeat(300),
];

const text = fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: "binary", maxLength: 2000 }));
const value = fc.oneof(
  text,
  fc.jsonValue({ maxDepth: 12 }),
  fc.double(),
  fc.constantFrom(null, true, -0, 2 ** 53, -1, 1e308, [], {}, [[[]]]),
  fc.dictionary(text, text, { maxKeys: 80 }),
);
const nested = fc.integer({ min: 1, max: 12_000 }).map((depth) => `${"[".repeat(depth)}${"]".repeat(depth)}`);
const oneFieldWrong = fc.tuple(fc.constantFrom(...Object.keys(VALID), "__proto__", "run"), value).map(
  ([field, wrong]) =>
    // Written by hand: a literal `__proto__` would set the prototype.
    `{${[...Object.entries(VALID).filter(([name]) => name !== field), [field, wrong] as const]
      .map(([name, content]) => `${JSON.stringify(name)}:${JSON.stringify(content) ?? "null"}`)
      .join(",")}}`,
);
const oneCharacterWrong = fc
  .tuple(
    fc.nat({ max: JSON.stringify(VALID).length }),
    fc.constantFrom("", "\u0000", '"', "}", "\\", "\\u", "1e999", "NaN", "\ufeff"),
  )
  .map(([at, wrong]) => `${JSON.stringify(VALID).slice(0, at)}${wrong}${JSON.stringify(VALID).slice(at + 1)}`);

/** Bodies of `POST /events`: most of them wrong in one place, some everywhere. */
const body: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  oneFieldWrong,
  oneCharacterWrong,
  fc.array(oneFieldWrong, { maxLength: 120 }).map((events) => `[${events.join(",")}]`),
  nested,
  nested.map((params) => JSON.stringify({ ...VALID, params: 0 }).replace('"params":0', `"params":${params}`)),
  value.map((any) => JSON.stringify(any) ?? ""),
  fc.uint8Array({ maxLength: 3000 }),
  fc.integer({ min: 1, max: 70_000 }).map((length) => " ".repeat(length)),
);

export function malformedBodies(count: number, seed: number): (string | Uint8Array)[] {
  return fc.sample(body, { numRuns: count, seed });
}
