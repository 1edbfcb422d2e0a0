import type { Plan } from "../../../core/plan.ts";
import { percent } from "./format.ts";

/** Formats a plan: “7,682 devices, to find 10% → 12% with a chance of 80%, at a level of 5%”. */
export function planWords({ devices, alpha, power, baseline, lift }: Plan): string {
  const rate = baseline === null ? "" : `${percent(baseline)} → `;
  const after = baseline === null || lift === null ? "" : percent(baseline * (1 + lift));
  const change = lift === null ? "" : after === "" ? `a change of ${percent(lift)}` : `${rate}${after}`;
  const chance = power === null ? "" : ` with a chance of ${percent(power)}`;
  const find = change === "" ? "" : `, to find ${change}${chance}`;
  return `${devices.toLocaleString("en")} devices${find}, at a level of ${percent(alpha)}`;
}
