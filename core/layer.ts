import * as v from "valibot";
import { name, wholeNumber } from "./schemas.ts";

/** A unit has one slot of a layer's, whole numbers from 0 to below this. */
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

/**
 * The part of a layer's units that an experiment takes: those whose slot is ≥ `from` and < `to`.
 */
export type Layer = v.InferOutput<typeof LayerSchema>;
