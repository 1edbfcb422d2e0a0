import { hash } from "node:crypto";
import type { Sha256Hex } from "../../core/assign.ts";

/** Node's own SHA-256, passed to `core/`, whose default runs anywhere. */
export const sha256: Sha256Hex = (text) => hash("sha256", text, "hex");
