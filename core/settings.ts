import * as v from "valibot";
import { parse } from "./parse.ts";
import { name } from "./schemas.ts";

const SHARE = "a number from 0 to 1";

export const SettingsSchema = v.strictObject(
  {
    enabled: v.boolean("true or false"),
    holdout: v.nullable(
      v.strictObject(
        { share: v.pipe(v.number(SHARE), v.minValue(0, SHARE), v.maxValue(1, SHARE)), salt: name(256) },
        "a holdout {share, salt}, or null",
      ),
    ),
  },
  "settings {enabled, holdout}",
);

/** Settings of all experiments: the global switch, and the share of units in the holdout. */
export type Settings = v.InferOutput<typeof SettingsSchema>;

export const DEFAULT_SETTINGS: Settings = { enabled: true, holdout: null };

/** Throws InvalidInput naming field, value and what is allowed. */
export function parseSettings(input: unknown): Settings {
  return parse(SettingsSchema, input);
}
