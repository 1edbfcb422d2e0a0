import type { Exclusion } from "./exclusion.ts";

/** Words an exclusion. */
export function exclusionWords(exclusion: Exclusion): string {
  if ("network" in exclusion) return `network ${exclusion.network} on ${exclusion.day}`;
  return `events received from ${exclusion.from} until ${exclusion.to}`;
}
