import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { BadConfig } from "./bad-config.ts";
import { replaceFile } from "./durable-file.ts";

export const MIN_TOKEN_LENGTH = 24;

/**
 * Reads a secret of the data folder, or makes one (256 bit, mode 0600). `created` says which.
 * Throws BadConfig on a short one: an empty file would admit everyone.
 */
export async function readOrCreateSecret(path: string): Promise<{ secret: string; created: boolean }> {
  try {
    const secret = (await readFile(path, "utf8")).trim();
    if (secret.length >= MIN_TOKEN_LENGTH) return { secret, created: false };
    throw new BadConfig(
      `${path} holds ${secret.length} characters: allowed are ${MIN_TOKEN_LENGTH} or more, or no file to get a new one`,
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const secret = randomBytes(32).toString("base64url");
  await replaceFile(path, `${secret}\n`, 0o600);
  return { secret, created: true };
}
