import { createHash } from "node:crypto";

/** SHA-256 of a secret in hex, as files keep it: who reads one gets no usable secret. */
export const secretHash = (secret: string): string => createHash("sha256").update(secret).digest("hex");
