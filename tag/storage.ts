import { safely } from "./safely.ts";

/**
 * A line of JSON that waits begins with white space, so that no name of the page's own is taken for
 * one.
 */
export const LINE_START = '\n{"id":"0';

/**
 * What is kept, by name: as long as the page lives, or in the browser once that is allowed and can
 * be done.
 */
export let area: Record<string, string> = {};

/**
 * From now on it is kept in the browser. A sandboxed frame throws on localStorage, and elsewhere it
 * is null.
 */
export function openStorage(): void {
  safely(() => {
    area = localStorage ?? {};
  });
}

/** Takes away what was kept, on pages before, too. */
export function clearStorage(): void {
  area = {};
  safely(() => {
    for (const name of Object.keys(localStorage))
      if (/^(\n{|fairsplit(_id|_consent)?$)/.test(name)) delete localStorage[name];
  });
}

/** @param text without one, nothing is kept by that name any more */
export function keep(name: string, text?: string): void {
  // It may be full.
  safely(() => {
    if (text == null) delete area[name];
    else area[name] = text;
  });
}
