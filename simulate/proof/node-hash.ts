import { hash } from "node:crypto";
import type { Sha256Hex } from "../../core/assign.ts";

/** Node's own SHA-256, as the server passes it to `core/`. */
export const nodeHash: Sha256Hex = (text) => hash("sha256", text, "hex");
