import { describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS, parseSettings } from "../../core/settings.ts";

const holdout = (change: object = {}) => ({ enabled: true, holdout: { share: 0.1, salt: "2026", ...change } });

test.each([
  DEFAULT_SETTINGS,
  { enabled: false, holdout: null },
  holdout(),
  holdout({ share: 0 }),
  holdout({ share: 1 }),
])("%j are settings", (settings) => {
  expect(parseSettings(settings)).toEqual(settings);
});

test("by default everything is on and nobody is held out", () => {
  expect(DEFAULT_SETTINGS).toEqual({ enabled: true, holdout: null });
});

describe("an error names the field, its value and what is allowed", () => {
  test.each<[settings: unknown, message: string]>([
    [null, "the input is null: allowed is settings {enabled, holdout}"],
    [{ enabled: true }, "holdout is missing: allowed is settings {enabled, holdout}"],
    [{ ...holdout(), colour: "red" }, 'colour is "red"'],
    [{ enabled: 1, holdout: null }, "enabled is 1: allowed is true or false"],
    [{ enabled: true, holdout: 0.1 }, "holdout is 0.1: allowed is a holdout {share, salt}, or null"],
    [holdout({ share: -0.1 }), "holdout.share is -0.1: allowed is a number from 0 to 1"],
    [holdout({ share: 1.1 }), "holdout.share is 1.1: allowed is a number from 0 to 1"],
    [holdout({ share: Number.NaN }), "holdout.share is NaN: allowed is a number from 0 to 1"],
    [holdout({ share: "0.1" }), 'holdout.share is "0.1": allowed is a number from 0 to 1'],
    [holdout({ salt: "" }), 'holdout.salt is "": allowed is 1 to 256 characters without control characters'],
  ])("%j", (settings, message) => {
    expect(() => parseSettings(settings)).toThrow(message);
  });
});
