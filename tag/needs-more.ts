/** Ancestors whose framework is about to hydrate them, and sliders; see `hydration.ts`. */
const OWNERS = "[data-after],#root,#app,[id^=__],.swiper,[ssr],[ng-version]";

/** Whether the first part of the tag is not enough for a placeholder. */
export const needsMore = (placeholder: HTMLElement) =>
  placeholder.closest(OWNERS) ||
  // `data-exp-attr`, `-class`, `-keep` and `-redirect`.
  /-exp-(a|cla|k|r)/.test(placeholder.getAttributeNames() as never) ||
  // A framework's properties: it still uses the element.
  Object.keys(placeholder)[0] ||
  placeholder.querySelector("input,select,textarea") ||
  // Without templates the variant is the experiment's html.
  !(placeholder.hasAttribute("data-exp-text") || placeholder.querySelector("template"));
