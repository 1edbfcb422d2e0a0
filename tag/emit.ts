import { safely } from "./safely.ts";

/** Dispatches an event `fairsplit:…` for the page's own scripts. */
export function emit(name: "ready" | "exposure" | "error", detail: unknown): void {
  safely(() => document.dispatchEvent(new CustomEvent(`fairsplit:${name}`, { detail })));
}
