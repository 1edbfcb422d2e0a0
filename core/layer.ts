import * as v from "valibot";
import { name, wholeNumber } from "./schemas.ts";

/** Slots of a layer. A unit has one of them, a whole number from 0 to below this. */
export const LAYER_SLOTS = 10_000;

const SLOT = `a whole number from 0 to ${LAYER_SLOTS}`;

export const LayerSchema = v.pipe(
  v.strictObject(
    { name: name(64), from: wholeNumber(SLOT, 0, LAYER_SLOTS), to: wholeNumber(SLOT, 0, LAYER_SLOTS) },
    "a layer {name, from, to}, or null",
  ),
  v.forward(
    v.partialCheck([["from"], ["to"]], ({ from, to }) => from < to, "a slot after from: to itself is not in"),
    ["to"],
  ),
);

/** Slots of a layer that an experiment takes: from `from` to below `to`. */
export type Layer = v.InferOutput<typeof LayerSchema>;
