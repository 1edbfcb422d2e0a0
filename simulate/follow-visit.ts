import type { Seen } from "./read-page.ts";

/** A visit that redirects lead through several pages of a site. */
export interface FollowedVisit {
  /** Pages that the visitor was led away from. */
  readonly left: number;
  /** Keeps where a placeholder of this page leads to, for the page that it leads to. */
  note(experiment: string, group: string): void;
  /**
   * The placeholders that led here, as if they showed the addresses of their groups. One that is on
   * this page, too, is left out.
   */
  arrivals(): Seen["placeholders"];
}

/**
 * Follows a visit through redirects. What is known is kept in the tab's name, which stays on pages
 * of the same site. Browsers run it as text: it may use only its arguments.
 *
 * @param visit text that no other visit has
 */
export function followVisit(window: Window, visit: string): FollowedVisit {
  type Addresses = Record<string, string>;
  const { document, location } = window;
  /** The state kept by the page before; null on the first page, whose name may be anything. */
  const read = (): { readonly left: number; readonly leads: Record<string, Addresses> } | null => {
    try {
      const kept = JSON.parse(window.name);
      return kept.visit === visit ? kept : null;
    } catch {
      return null;
    }
  };
  const before = read();
  const { left, leads } = before ?? { left: 0, leads: {} };
  if (!before) window.name = "";

  /** `data-exp-redirect`: an object in JSON, or a list of `group:page`. */
  const addressesOf = (list: string, group: string): Addresses => {
    let pages: Addresses = {};
    try {
      pages = JSON.parse(list);
    } catch {
      for (const [, name = "", page = ""] of list.matchAll(/(\S+?):(\S+)/g)) pages[name] = page;
      // Names may have colons and blanks, as long as one knows them.
      const [, page] = ` ${list}`.split(` ${group}:`);
      if (page) pages[group] = page.split(/\s/)[0] as string;
    }
    return Object.fromEntries(Object.entries(pages).map(([name, page]) => [name, new URL(page, location.href).href]));
  };

  /** Hosts add slashes, and the tag the query of the page before. */
  const isHere = (address: string): boolean => {
    const there = new URL(address);
    const here = new URL(location.href);
    const pageOf = ({ host, pathname, hash }: URL) => host + pathname.replace(/\/$/, "") + /^#[!/].*/.exec(hash);
    return (
      pageOf(there) === pageOf(here) &&
      [...there.searchParams].every(([name, value]) => here.searchParams.get(name) === value)
    );
  };

  return {
    left,
    note(experiment, group) {
      const placeholder = [...document.querySelectorAll<HTMLElement>("[data-exp-redirect]")].find(
        ({ dataset }) => dataset.exp === experiment,
      );
      if (!placeholder) return;
      leads[experiment] = addressesOf(placeholder.dataset.expRedirect ?? "", group);
      window.name = JSON.stringify({ visit, left: left + 1, leads });
    },
    arrivals() {
      const here = new Set([...document.querySelectorAll<HTMLElement>("[data-exp]")].map(({ dataset }) => dataset.exp));
      return Object.entries(leads)
        .filter(([experiment]) => !here.has(experiment))
        .map(([experiment, addresses]) => ({
          experiment,
          rendered: Object.values(addresses).find(isHere) ?? location.href,
          variants: Object.entries(addresses).map(([group, html]) => ({ group, html })),
          clicks: [],
        }));
    },
  };
}
