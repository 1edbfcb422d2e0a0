import { LAYER_SLOTS } from "../../../core/layer.ts";
import type { ExperimentForm } from "./fields.ts";

/** Effect of weights and traffic while they are being entered. */
export interface EffectiveShares {
  /** Share of each group among participants, 0 to 1; null while the weights are invalid. */
  readonly groups: readonly (number | null)[];
  /** Share of the devices that participate, 0 to 1; null while it is invalid. */
  readonly traffic: number | null;
}

export function effectiveShares({ groups, traffic, share, layer }: ExperimentForm): EffectiveShares {
  const weights = groups.map(({ weight }) => (/^\d{1,15}$/.test(weight.trim()) ? Number(weight) : null));
  const total = weights.reduce<number>((sum, weight) => sum + (weight ?? 0), 0);
  const isSplit = total > 0 && weights.every((weight) => weight !== null);
  return {
    groups: weights.map((weight) => (isSplit && weight !== null ? weight / total : null)),
    traffic: traffic === "all" ? 1 : traffic === "share" ? shareOf(share, 100) : slotsOf(layer.from, layer.to),
  };
}

function shareOf(text: string, whole: number): number | null {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  return number >= 0 && number <= whole ? number / whole : null;
}

function slotsOf(from: string, to: string): number | null {
  const [first, end] = [shareOf(from, LAYER_SLOTS), shareOf(to, LAYER_SLOTS)];
  return first === null || end === null || end <= first ? null : end - first;
}
