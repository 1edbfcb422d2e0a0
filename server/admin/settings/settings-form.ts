import { InvalidInput } from "../../../core/parse.ts";
import { parseSettings, type Settings } from "../../../core/settings.ts";

const PERCENT = /^\d{1,3}(?:\.\d{1,4})?$/;
const PERCENT_ALLOWED = "a percentage from 0 to 100 with at most 4 decimals, such as 5 or 0.5";

/** Fields of the forms that change settings. */
export const SETTINGS_FIELDS = ["enabled", "holdout", "share", "salt"] as const;

/**
 * Settings requested by a form: of the fields `enabled` (`true` or `false`) and `holdout` (`none`,
 * or `some` with the percentage `share` and `salt`) those present; the rest is unchanged. Throws
 * InvalidInput.
 */
export function readSettings(form: URLSearchParams, before: Settings): Settings {
  const enabled = form.get("enabled");
  const holdout = form.get("holdout");
  if (enabled === null && holdout === null) reject("", null, "one of the fields enabled and holdout");
  if (enabled !== null && enabled !== "true" && enabled !== "false") reject("enabled", enabled, "true or false");
  if (holdout !== null && holdout !== "none" && holdout !== "some") reject("holdout", holdout, "none or some");
  return parseSettings({
    enabled: enabled === null ? before.enabled : enabled === "true",
    holdout:
      holdout === null
        ? before.holdout
        : holdout === "none"
          ? null
          : { share: readShare(form.get("share") ?? ""), salt: form.get("salt") ?? "" },
  });
}

/** A share from 0 to 1 as in the form's field: 0.005 is "0.5". */
export function percentOf(share: number): string {
  return String(Math.round(share * 1e6) / 1e4);
}

function readShare(text: string): number {
  const percent = text.trim();
  if (!PERCENT.test(percent) || Number(percent) > 100) reject("holdout.share", text, PERCENT_ALLOWED);
  return Number(percent) / 100;
}

function reject(field: string, value: unknown, allowed: string): never {
  throw new InvalidInput([{ field, value, allowed }]);
}
