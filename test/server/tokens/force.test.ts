import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { InvalidInput } from "../../../core/parse.ts";
import { DEFAULT_SETTINGS } from "../../../core/settings.ts";
import { forcedGroups } from "../../../server/assign/forced-groups.ts";
import { type Forces, forceTokens, MAX_FORCE_MS } from "../../../server/tokens/force.ts";
import { runSigner } from "../../../server/tokens/simulation-run.ts";
import { active, inactive } from "../rig/open-app.ts";

const SECRET = Buffer.from("the secret of the data folder");
const NOW = Date.parse("2026-01-31T12:00:00.000Z");
const HOUR_MS = 3_600_000;
const FORCES: Forces = new Map([
  ["homepage_button_test", "B"],
  ["draft", "größer 🎯, so: ja"],
]);
const tokens = forceTokens(SECRET, () => 1);
const token = tokens.issue(FORCES, NOW + HOUR_MS, NOW);

/** A signature with the server's secret, for a purpose of this name. */
function signed(purpose: string, body: string): string {
  const mac = createHmac("sha256", SECRET).update(`${purpose}${body}`).digest().subarray(0, 16);
  return Buffer.concat([Buffer.from(body), mac]).toString("base64url");
}

const BODY = JSON.stringify([NOW / 1000 + 60, "draft", "B", 1]);

describe("a token", () => {
  test("says which groups to show, until it ends, in characters that an address takes as they are", () => {
    expect(tokens.read(token, NOW)).toEqual({ forces: FORCES, expiresAt: NOW + HOUR_MS });
    expect(tokens.read(token, NOW + HOUR_MS - 1)?.forces).toEqual(FORCES);
    expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  test("of one group is short", () => {
    expect(tokens.issue(new Map([["homepage_button_test", "B"]]), NOW + HOUR_MS, NOW).length).toBeLessThan(80);
  });

  test("is read as this file's own signatures are", () => {
    expect(tokens.read(signed("preview:", BODY), NOW)?.forces).toEqual(new Map([["draft", "B"]]));
  });

  test.each<[what: string, given: string, now?: number]>([
    ["empty", ""],
    ["too old, by a millisecond", token, NOW + HOUR_MS],
    ["too old, by a year", token, NOW + 365 * 24 * HOUR_MS],
    ["cut off at its end", token.slice(0, -1)],
    ["cut off at its start", token.slice(1)],
    ["cut off to its signature", token.slice(-22)],
    ["longer", `${token}A`],
    ["of another signature", `${token.slice(0, -8)}AAAAAAAA`],
    ["of another server", forceTokens(Buffer.from("another secret"), () => 1).issue(FORCES, NOW + HOUR_MS, NOW)],
    [
      "swapped: one token's groups, another's signature",
      `${tokens.issue(new Map([["draft", "A"]]), NOW + HOUR_MS, NOW).slice(0, -22)}${tokens
        .issue(new Map([["draft", "B"]]), NOW + HOUR_MS, NOW)
        .slice(-22)}`,
    ],
    ["of a simulator's run", runSigner(SECRET).issue(NOW).header],
    ["as earlier versions made it", signed("force:", BODY.replace(",1]", "]"))],
    ["signed for a run", signed("run:", BODY)],
    ["signed for stickiness", signed("sticky:", BODY)],
    ["signed for nothing", signed("", BODY)],
    ["padded", `${token}==`],
    ["followed by what is no base64url", `${token}.`],
    ["with a space in it", `${token.slice(0, 9)} ${token.slice(9)}`],
    ["unsigned", "draft:B"],
    ["a JSON list", BODY],
    ["longer than any", "A".repeat(100_000)],
    ["a lone surrogate", "\ud800"],
  ])("is ignored when it is %s", (_, given, now = NOW) => {
    expect(tokens.read(given, now)).toBeNull();
  });

  test("is ignored whichever of its characters is another", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (let at = 0; at < token.length; at += 1) {
      const other = alphabet[(alphabet.indexOf(token.charAt(at)) + 1 + (at % 63)) % 64];
      const forged = `${token.slice(0, at)}${other}${token.slice(at + 1)}`;
      expect([at, tokens.read(forged, NOW)]).toEqual([at, null]);
    }
  });
});

describe("nobody gets a token", () => {
  test.each<[what: string, forces: Forces, expiresAt: number]>([
    ["for more than 24 hours", FORCES, NOW + MAX_FORCE_MS + 1],
    ["that has ended", FORCES, NOW],
    ["without an end", FORCES, Number.POSITIVE_INFINITY],
    ["whose end is no time", FORCES, Number.NaN],
    ["for nothing", new Map(), NOW + HOUR_MS],
    [
      "that no address has room for",
      new Map(Array.from({ length: 100 }, (_, at) => [`${at}`.padEnd(100, "x"), "B"])),
      NOW + HOUR_MS,
    ],
  ])("%s", (_, forces, expiresAt) => {
    expect(() => tokens.issue(forces, expiresAt, NOW)).toThrow(InvalidInput);
  });

  test("but for 24 hours", () => {
    expect(tokens.read(tokens.issue(FORCES, NOW + MAX_FORCE_MS, NOW), NOW + MAX_FORCE_MS - 1)).not.toBeNull();
  });
});

describe("what a request forces", () => {
  const experiments = new Map([active("shown"), inactive("draft"), inactive("__proto__")].map((one) => [one.key, one]));
  const read = (isDemo: boolean, settings = DEFAULT_SETTINGS) =>
    forcedGroups({
      forceTokens: tokens,
      registry: { get: (key) => experiments.get(key), settings: () => settings },
      adminToken: isDemo ? null : "an admin token",
    });
  const issue = (...forces: [key: string, group: string][]) => tokens.issue(new Map(forces), NOW + HOUR_MS, NOW);

  test.each<[what: string, given: string | undefined, serve: object, demo: object]>([
    ["nothing", undefined, {}, {}],
    ["empty", "", {}, {}],
    ["a token", issue(["shown", "A"], ["draft", "B"]), { shown: "A", draft: "B" }, { shown: "A", draft: "B" }],
    ["a token with an experiment that is gone", issue(["gone", "A"], ["draft", "B"]), { draft: "B" }, { draft: "B" }],
    ["a token with a group that is gone", issue(["shown", "C"], ["draft", "B"]), { draft: "B" }, { draft: "B" }],
    ["a token with nothing that is there", issue(["gone", "A"], ["shown", "C"]), {}, {}],
    ["no signature", "shown:A,draft:B", {}, { shown: "A", draft: "B" }],
    ["no signature, unknown ones", "gone:A,shown:C,shown:,:A,draft:B,,:", {}, { draft: "B" }],
    ["no signature, the same twice", "draft:A,draft:B", {}, { draft: "B" }],
    ["a key without a group", "draft", {}, {}],
    ["nonsense", "%00", {}, {}],
  ])("%s", (_, given, serve, demo) => {
    expect(Object.fromEntries(read(false)(given, NOW))).toEqual(serve);
    expect(Object.fromEntries(read(true)(given, NOW))).toEqual(demo);
  });

  test("may be of any key", () => {
    expect([...read(false)(issue(["__proto__", "B"]), NOW)]).toEqual([["__proto__", "B"]]);
    expect([...read(true)("__proto__:B", NOW)]).toEqual([["__proto__", "B"]]);
  });

  test("is nothing while everything is switched off", () => {
    expect(read(false, { ...DEFAULT_SETTINGS, enabled: false })(issue(["draft", "B"]), NOW).size).toBe(0);
  });

  test("has an end", () => {
    expect(read(true)(issue(["draft", "B"]), NOW + HOUR_MS).size).toBe(0);
  });
});
