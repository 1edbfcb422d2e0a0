import { statfs } from "node:fs/promises";
import { BadConfig } from "./bad-config.ts";

/** A share of the volume, or a number of bytes. */
export type Quota = { readonly share: number } | { readonly bytes: number };

const UNITS: Readonly<Record<string, number>> = { M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Parses `80%`, `500M`, `20G` or `2T`. Throws BadConfig. */
export function parseQuota(text: string): Quota {
  const [, percent] = /^(\d{1,3})%$/.exec(text) ?? [];
  if (percent !== undefined && Number(percent) >= 1 && Number(percent) <= 100) return { share: Number(percent) / 100 };
  const [, count, unit = ""] = /^([1-9]\d{0,5})([MGT])$/.exec(text) ?? [];
  if (count !== undefined) return { bytes: Number(count) * (UNITS[unit] ?? 1) };
  throw new BadConfig(`max-log is "${text}": allowed are 1% to 100% of the volume, or a size such as 500M, 20G or 2T`);
}

/** Bytes of a quota on the volume of a folder. */
export async function quotaBytes(quota: Quota, folder: string): Promise<number> {
  if ("bytes" in quota) return quota.bytes;
  const { blocks, bsize } = await statfs(folder);
  return Math.floor(blocks * bsize * quota.share);
}
