import type { StickyEntry } from "../../core/evaluate.ts";
import type { Fingerprint, UnitFingerprint } from "../../core/sticky/fingerprint.ts";
import type { KnownEpochs } from "../registry/known-epochs.ts";
import { exposuresIn } from "./exposure-lines.ts";

/** An exposed unit of an experiment. */
export interface ExposedUnit {
  readonly experiment: string;
  readonly print: Fingerprint;
  readonly entry: StickyEntry;
}

/** The units that whole lines of the log expose, in their order; forged exposures are left out. */
export function* exposedIn(lines: Buffer, epochs: KnownEpochs, printOf: UnitFingerprint): Generator<ExposedUnit> {
  for (const { experiment, group, epoch, receivedAt, deviceId, accountId } of exposuresIn(lines)) {
    const unit = epochs.unitOf(experiment, group, epoch, receivedAt);
    const id = unit === "device" ? deviceId : unit === "account" ? accountId : undefined;
    if (unit === null || id === undefined) continue;
    yield { experiment, print: printOf(unit, id), entry: { group, epoch } };
  }
}
