import type { Evaluated } from "../projection/evaluated.ts";

/** An experiment that the visitor takes part in, as an Unleash toggle: its variant is the group. */
export function toggleOf({ experiment: { key }, evaluation: { group }, assigned: { payload } }: Evaluated) {
  const typed = payload === null ? null : variantPayload(payload);
  return {
    name: key,
    enabled: true,
    impressionData: true,
    variant: { name: group, enabled: true, ...(typed === null ? {} : { payload: typed }), feature_enabled: true },
  };
}

/** All values are sent as text. */
function variantPayload(payload: unknown): { type: "string" | "number" | "json"; value: string } {
  if (typeof payload === "string") return { type: "string", value: payload };
  return { type: typeof payload === "number" ? "number" : "json", value: JSON.stringify(payload) };
}
