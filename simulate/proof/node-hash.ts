import * as crypto from "node:crypto";
import type { Sha256Hex } from "../../core/assign.ts";

type OneShot = (algorithm: string, data: string, encoding: "hex") => string;
/** Part of Node since 20.12, and faster than a hash object. */
const oneShot = (crypto as unknown as { hash?: OneShot }).hash;

/** SHA-256 by Node's own library. */
export const nodeHash: Sha256Hex = oneShot
  ? (text) => oneShot("sha256", text, "hex")
  : (text) => crypto.createHash("sha256").update(text).digest("hex");
