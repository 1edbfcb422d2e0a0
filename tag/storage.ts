/** Whether texts are kept beyond the page, and events sent: not before the visitor agrees, and never from a preview. */
export let isOpen: boolean | undefined;

/** @param isGiven false takes away what was kept, too */
export function openStorage(isGiven: boolean): void {
  isOpen = isGiven;
  if (isGiven) return;
  try {
    localStorage.removeItem("fairsplit");
    localStorage.removeItem("fairsplit_events");
  } catch {
    // Nothing was ever kept.
  }
}

/**
 * The text that this browser keeps under a name for all pages of the site, if any.
 *
 * @param text a newer one, to be kept from now on
 */
export function keep(name: "fairsplit" | "fairsplit_events", text?: string): string | undefined {
  try {
    if (!isOpen) return;
    if (text != null) localStorage[name] = text;
    return localStorage[name];
  } catch {
    // A sandboxed frame throws on localStorage, and so does one that is full.
  }
}
