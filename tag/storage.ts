import { safely } from "./safely.ts";

/** Start of a stored line of JSON: the white space keeps it apart from the page's own names. */
export const LINE_START = '\n{"id":"0';

/** Storage name of the visitor's consent, if the page has to ask for it. */
export const CONSENT = "fairsplit_consent";

/** Stored values by name: in memory, or in localStorage once that is allowed and possible. */
export let area: Record<string, string> = {};

/**
 * Switches to the browser's storage. localStorage throws in a sandboxed frame, and is null in some
 * browsers.
 */
export function openStorage(): void {
  safely(() => {
    area = localStorage ?? {};
  });
}

/** Switches to memory, with nothing in it. */
export function closeStorage(): void {
  area = {};
}

/** Deletes what the browser stores, also of earlier pages. */
export function clearStorage(): void {
  safely(() => {
    for (const name of Object.keys(localStorage))
      if (/^(\n{|fairsplit(_id|_consent)?$)/.test(name)) delete localStorage[name];
  });
}

/** @param text undefined deletes the value */
export function keep(name: string, text?: string): void {
  // Storage may be full.
  safely(() => {
    if (text == null) delete area[name];
    else area[name] = text;
  });
}
