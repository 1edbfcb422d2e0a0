import type * as More from "./more.ts";
import { optionOf } from "./placeholders.ts";

declare global {
  /** Name of the file of `more.ts`; defined by the build. */
  const __MORE__: string;
}

/** Code that only some pages need: undefined before it is loaded, null if loading failed. */
export let more: typeof More | null | undefined;
let asked: Promise<void> | undefined;

/** Selector of placeholders that need more than templates and texts. */
const NEEDS =
  "[data-exp-attr],[data-exp-class],[data-exp-redirect],[data-exp-keep],[data-after],[data-after] *,#root *,#app *,[id^=__] *,.swiper *";

/** Whether a placeholder needs more than templates and texts. */
export const needsMore = (placeholder: HTMLElement) =>
  placeholder.matches(NEEDS) ||
  // A framework's properties: it still uses the element.
  Object.keys(placeholder)[0] ||
  location.hash ||
  placeholder.querySelector("input,select,textarea") ||
  // Without templates the variant is the experiment's html.
  (optionOf(placeholder, "text") == null && !placeholder.querySelector("template"));

/** Loads `more` once, and calls back when it is loaded or has failed. */
export function loadMore(
  load: (name: string) => Promise<typeof More | undefined>,
  timeoutMs: number,
  back: () => void,
) {
  asked ||= new Promise<typeof More | undefined>((resolve) => {
    load(__MORE__).then(resolve);
    setTimeout(resolve, timeoutMs);
  }).then((loaded) => {
    more = loaded || null;
    back();
  });
  return asked;
}
