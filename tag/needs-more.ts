import { placeholders } from "./placeholders.ts";
import { templatesOf } from "./variant.ts";

/** Ancestors whose framework is about to hydrate them, and sliders; see `hydration.ts`. */
const OWNERS = "#root,[data-after],[id^=__],[ssr],[ngh],.swiper,[data-hk],#app";

/**
 * Truthy if the first part of the tag is not enough for a placeholder. The order takes the fewest
 * bytes.
 */
export const needsMore = (placeholder: HTMLElement) =>
  placeholder.querySelector("input,select,textarea") ||
  // Next hydrates the whole document, as do some that load their modules ahead, such as Remix.
  placeholders("[src*=_next],[rel^=mod]")[0] ||
  // A framework's properties: it still uses the element.
  Object.keys(placeholder)[0] ||
  // Without templates the variant is the experiment's html.
  !(templatesOf(placeholder)[0] || placeholder.hasAttribute("data-exp-text")) ||
  placeholder.closest(OWNERS) ||
  // `data-exp-attr`, `-class`, `-keep` and `-redirect`, and `-shown` of a copy that the page has
  // made.
  /-exp-(a|cla|k|r|s)/.test(placeholder.getAttributeNames() as never);
