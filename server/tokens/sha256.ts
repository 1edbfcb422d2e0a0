import { hash } from "node:crypto";
import type { Sha256Hex } from "../../core/assign.ts";

/** SHA-256 by Node itself, to be given to `core/`, whose own runs anywhere. */
export const sha256: Sha256Hex = (text) => hash("sha256", text, "hex");
