import {
  type ConfidenceSequenceInput,
  type ConfidenceSequenceResult,
  confidenceSequence,
} from "./confidence-sequence.ts";
import { type CountEvidenceInput, type CountEvidenceResult, countEvidence } from "./count-evidence.ts";
import { type RateEvidenceInput, type RateEvidenceResult, rateEvidence } from "./rate-evidence.ts";
import { reject } from "./require.ts";

export type AlwaysValidInput = ConfidenceSequenceInput | CountEvidenceInput | RateEvidenceInput;
export type AlwaysValidResult = ConfidenceSequenceResult | CountEvidenceResult | RateEvidenceResult;

/**
 * Sequential p-value and interval: valid however often they are checked and whenever the experiment
 * stops. Over all looks together they are wrong with probability at most alpha, so they are what to
 * show while an experiment runs.
 *
 * `rates`: two conversion rates. `multinomial`: counts of devices (a live check of the split) or of
 * first conversions, exact. `asymptotic`: the difference of two means, by the normal approximation.
 *
 * Source: M. Lindon & A. Malek 2022, "Anytime-Valid Inference for Multinomial Count Data"; I.
 * Waudby-Smith et al., "Time-uniform central limit theory and asymptotic confidence sequences",
 * arXiv 2103.06476.
 *
 * @throws RangeError naming the field, its value and what is allowed
 * @example
 * alwaysValid({
 *   kind: "multinomial", counts: [40, 80], weights: [1, 1],
 *   concentration: 100, alpha: 0.05,
 * }).pValue // 0.0377
 */
export function alwaysValid(input: ConfidenceSequenceInput): ConfidenceSequenceResult;
export function alwaysValid(input: CountEvidenceInput): CountEvidenceResult;
export function alwaysValid(input: RateEvidenceInput): RateEvidenceResult;
export function alwaysValid(input: AlwaysValidInput): AlwaysValidResult;
export function alwaysValid(input: AlwaysValidInput): AlwaysValidResult {
  switch (input.kind) {
    case "asymptotic":
      return confidenceSequence(input);
    case "multinomial":
      return countEvidence(input);
    case "rates":
      return rateEvidence(input);
    default:
      return reject("kind", (input as { kind: unknown }).kind, "asymptotic, multinomial and rates");
  }
}
