import type * as More from "./more.ts";
import { optionOf } from "./placeholders.ts";

declare global {
  /** Name of the file that holds `more.ts`; the build says it. */
  const __MORE__: string;
}

/** What only some pages need. Undefined before it is there, null when it cannot be had. */
export let more: typeof More | null | undefined;
let asked: Promise<typeof More | null> | undefined;

/** What a placeholder has, or is in, that takes more than templates and texts. */
const NEEDS =
  "[data-exp-attr],[data-exp-class],[data-exp-redirect],[data-exp-keep],[data-after],[data-after] *,#root *,#app *,[id^=__] *,.swiper *";

/** Whether a placeholder takes more than templates and texts. */
export const needsMore = (placeholder: HTMLElement) =>
  placeholder.matches(NEEDS) ||
  // A framework's own properties: it goes on using the element.
  Object.keys(placeholder)[0] ||
  location.hash ||
  placeholder.querySelector("input,select,textarea") ||
  // Then the variant is the experiment's html.
  (optionOf(placeholder, "text") == null && !placeholder.querySelector("template"));

/** Asks for `more`, once, and calls back when it is there or known not to come. */
export function loadMore(api: string, timeoutMs: number, back: () => void) {
  asked ||= new Promise<typeof More | null>((resolve) => {
    import(/* webpackIgnore: true */ /* @vite-ignore */ `${api}/${__MORE__}`).then(resolve, () => resolve(null));
    setTimeout(resolve, timeoutMs, null);
  }).then((loaded) => {
    more = loaded;
    back();
    return loaded;
  });
  return asked;
}
