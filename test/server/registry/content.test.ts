import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  CheckFailed,
  formatContent,
  NEW_CONTENT,
  NotARegistry,
  parseContent,
} from "../../../server/registry/content.ts";
import { active, inactive } from "../rig/open-app.ts";

const payload = { b: 1, 2: "two", 1: "one", 'é"\\': [{ "a:": ":" }, -0, 1e21, null] };
const groups = [
  { name: "A", weight: 1, payload, html: '<b class="x">"a": 1</b>\n' },
  { name: "B", weight: 2 },
];
const CONTENT = { ...NEW_CONTENT, experiments: [active("one"), inactive("two", { groups })] };
const TEXT = formatContent(CONTENT);
const bytes = (text: string) => Buffer.from(text);

test("comes back as it was written, and is written as it was read", () => {
  const parsed = parseContent(bytes(TEXT));
  expect(parsed).toEqual(JSON.parse(JSON.stringify(CONTENT)));
  expect(formatContent(parsed)).toBe(TEXT);
});

describe("the check", () => {
  test("does not mind spaces, line ends or a byte order mark: an editor may save the file", () => {
    const compact = JSON.stringify(JSON.parse(TEXT));
    for (const text of [compact, TEXT.replaceAll("\n", "\r\n"), `\ufeff${TEXT}`]) {
      expect(parseContent(bytes(text))).toEqual(parseContent(bytes(TEXT)));
    }
  });

  test("may be missing, but not of another type", () => {
    const { check, ...rest } = JSON.parse(TEXT);
    expect(check).toMatch(/^sha256-[0-9a-f]{64}$/);
    expect(parseContent(bytes(JSON.stringify(rest)))).toEqual(parseContent(bytes(TEXT)));
    expect(() => parseContent(bytes(JSON.stringify({ ...rest, check: null })))).toThrow("check is null");
  });

  test("finds an edit that is a registry in every other way, and hands over what it holds", () => {
    const text = TEXT.replace('"weight": 2', '"weight": 3');
    const refused = () => parseContent(bytes(text));
    expect(refused).toThrow(CheckFailed);
    try {
      refused();
    } catch (error) {
      expect((error as CheckFailed).content.experiments[1]?.groups[1]?.weight).toBe(3);
    }
  });

  test("lets no flipped bit change what the file means", () => {
    const whole = parseContent(bytes(TEXT));
    let accepted = 0;
    for (let bit = 0; bit < bytes(TEXT).length * 8; bit += 1) {
      const flipped = bytes(TEXT);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      try {
        expect(formatContent(parseContent(flipped))).toBe(formatContent(whole));
        accepted += 1;
      } catch (error) {
        if (!(error instanceof NotARegistry)) throw error;
        expect(error.message).not.toMatch(/[\n\r]/);
      }
    }
    // Some flips only turn a space into another kind of space.
    expect(accepted).toBeGreaterThan(0);
  });
});

test("every prefix of the file is refused, but for the one that lacks the last line end", () => {
  const accepted: number[] = [];
  for (let length = 0; length < TEXT.length; length += 1) {
    try {
      parseContent(bytes(TEXT.slice(0, length)));
      accepted.push(length);
    } catch (error) {
      expect(error).toBeInstanceOf(NotARegistry);
    }
  }
  expect(accepted).toEqual([TEXT.length - 1]);
});

test.each([
  ["of the file", TEXT.replace('"schema": 2,', '"schema": 2, "schema": 2,')],
  ["of an experiment", TEXT.replace('"epoch": 1,', '"epoch": 1,\n"epoch" : 1,')],
  ["of a payload", TEXT.replace('"b": 1', '"b": 1, "\\u0062": 1')],
])("a field %s that is there twice is refused, though it says the same", (_, text) => {
  expect(text).not.toBe(TEXT);
  expect(() => parseContent(bytes(text))).toThrow("a field is there twice");
});

const withoutLaterFields = ({ plan, external, ...others }: { plan: null; external: null }) => others;

describe("a file that an older version wrote", () => {
  const old = readFileSync(new URL("../../cases/experiments-schema-1.json", import.meta.url), "utf8");

  test("opens with the defaults of what came later, and is written in the present version", () => {
    const { settings, experiments } = parseContent(bytes(old));
    expect(settings).toEqual({ enabled: true, holdout: null });
    expect(experiments).toEqual(
      JSON.parse(old).experiments.map((experiment: object) => ({
        ...experiment,
        unit: "device",
        routes: [],
        rule: null,
        allocations: [],
        dependsOn: null,
        layer: null,
        sticky: true,
        plan: null,
        external: null,
        exclusions: [],
        pausedAt: null,
        archivedAt: null,
      })),
    );
    expect(JSON.parse(formatContent({ ...NEW_CONTENT, settings, experiments })).schema).toBe(2);
  });

  test("without plans and names for other systems opens without them, and its check fits", () => {
    const experiments = [active("one"), inactive("two")];
    const now = JSON.parse(formatContent({ ...NEW_CONTENT, experiments }));
    const before = { ...now, experiments: now.experiments.map(withoutLaterFields) };
    const { settings, history, retired } = before;
    const check = `sha256-${createHash("sha256")
      .update(JSON.stringify([2, settings, before.experiments, history, retired]))
      .digest("hex")}`;
    expect(before.experiments[0]).not.toHaveProperty("plan");
    expect(parseContent(bytes(JSON.stringify({ ...before, check }))).experiments).toEqual(experiments);
  });

  test("is checked as it was written", () => {
    expect(() => parseContent(bytes(old.replace('"weight": 2', '"weight": 3')))).toThrow(CheckFailed);
  });
});

test("refuses experiments that do not fit together", () => {
  const experiments = [active("one", { dependsOn: { key: "gone", group: "A" } })];
  expect(() => parseContent(bytes(formatContent({ ...NEW_CONTENT, experiments })))).toThrow(
    'one.dependsOn.key is "gone": allowed is the key of another experiment',
  );
});
