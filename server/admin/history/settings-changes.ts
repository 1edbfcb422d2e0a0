import type { Settings } from "../../../core/settings.ts";
import { percent } from "../ui/format.ts";
import type { ChangeLine } from "./change-lines.tsx";

/** Differences between two states of the settings, in words. */
export function settingsChanges(before: Settings, after: Settings): ChangeLine[] {
  return [
    line("All experiments", before.enabled ? "on" : "off", after.enabled ? "on" : "off"),
    line("Holdout", share(before), share(after)),
    line("Holdout, salt", before.holdout?.salt ?? null, after.holdout?.salt ?? null),
  ].filter((change) => change.before !== change.after);
}

function line(words: string, before: string | null, after: string | null): ChangeLine {
  return { words, before, after };
}

function share({ holdout }: Settings): string | null {
  return holdout && `${percent(holdout.share)} of the visitors`;
}
