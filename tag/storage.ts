import { safely } from "./safely.ts";

/** Whether texts are kept beyond the page, and events sent: not before the visitor agrees, and never from a preview. */
export let isOpen: boolean | undefined;

/** @param isGiven false takes away what was kept, too */
export function openStorage(isGiven: boolean): void {
  isOpen = isGiven;
  if (!isGiven) keepLines([...keptLines(), ""], []);
}

/**
 * The text that this browser keeps for all pages of the site, if any.
 *
 * @param text a newer one, to be kept from now on
 */
export function keep(text?: string): string | undefined {
  try {
    if (!isOpen) return;
    if (text) localStorage.fairsplit = text;
    return localStorage.fairsplit;
  } catch {
    // A sandboxed frame throws on localStorage, and so does one that is full.
  }
}

/** Lines of JSON that wait in this browser, in whatever order the browser has them. */
export function keptLines(): string[] {
  try {
    return Object.keys(localStorage).flatMap((name) => name.split(/^fairsplit(?={)/)[1] || []);
  } catch {
    return [];
  }
}

/** Each line is an item by itself: of a common one two tabs would undo each other's changes, in 6 of 198 events. */
export function keepLines(gone: readonly string[], come: readonly string[]): void {
  safely(() => {
    for (const line of gone) delete localStorage[`fairsplit${line}`];
    if (isOpen) for (const line of come) localStorage[`fairsplit${line}`] = "";
  });
}
