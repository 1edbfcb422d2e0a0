/** Selector of placeholders that need more than templates and texts. */
const NEEDS =
  "[data-exp-attr],[data-exp-class],[data-exp-redirect],[data-exp-keep],[data-after],:is([data-after],#root,#app,[id^=__],.swiper) *";

/** Whether the first part of the tag is not enough for a placeholder. */
export const needsMore = (placeholder: HTMLElement) =>
  placeholder.matches(NEEDS) ||
  // A framework's properties: it still uses the element.
  Object.keys(placeholder)[0] ||
  placeholder.querySelector("input,select,textarea") ||
  // Without templates the variant is the experiment's html.
  !(placeholder.hasAttribute("data-exp-text") || placeholder.querySelector("template"));
