import type { AssignedGroup } from "../core/http-contract.ts";
import { renderPlaceholders } from "./placeholders.ts";
import type { Groups } from "./start.ts";
import { showVariant } from "./variant.ts";

/** More than any page has placeholders: where a page answers each rendering with new ones, it ends. */
const MAX_RENDERINGS = 1000;

/** Whether the groups of a view are decided, and by an answer. */
export type Decided = 0 | typeof UNSAID | typeof SAID;
export const UNSAID = 1;
export const SAID = 2;

/** Those of the view's placeholders, by experiment. Without a prototype, because one may be called `constructor`. */
export let shown: Record<string, AssignedGroup | undefined>;
/** Those that are known. */
export let groups: Groups;
export let decided: Decided;
let renderings: number;

/** From now on nothing is decided. */
export function beginView(): void {
  groups = shown = { __proto__: null } as unknown as Record<string, AssignedGroup | undefined>;
  decided = renderings = 0;
}

/** What was shown stays: a variant that replaces another would flicker. */
export function decide(given: Groups, last: Decided): Groups {
  decided = last;
  groups = { __proto__: null, ...given, ...shown } as unknown as Groups;
  return groups;
}

/**
 * Renders the placeholders of a root whose groups are known. `onShown` hears of each experiment's first one in a view.
 * `onRedirect` decides about one that may lead to another page: it calls `show`, or none of that happens.
 */
export function renderView(
  root: ParentNode,
  onShown: (key: string, assigned: AssignedGroup | undefined) => void,
  onRedirect: (
    key: string,
    list: string,
    group: string,
    show: (isReported?: boolean) => void,
    expose: () => void,
  ) => void,
): void {
  const isKnown = (key: string) => (decided || groups[key]) && renderings++ < MAX_RENDERINGS;
  renderPlaceholders(root, isKnown, (placeholder, key) => {
    const assigned = groups[key];
    const expose = (isReported?: boolean) => {
      if (key in shown) return;
      shown[key] = assigned;
      isReported || onShown(key, assigned);
    };
    const show = (isReported?: boolean) => {
      showVariant(placeholder, assigned);
      expose(isReported);
    };
    const { expRedirect } = placeholder.dataset;
    if (expRedirect && assigned?.group) onRedirect(key, expRedirect, assigned.group, show, expose);
    else show();
  });
}
