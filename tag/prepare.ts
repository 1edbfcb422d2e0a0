import { redirectCalls } from "./ownership.ts";
import { remember } from "./remember.ts";
import { contentOf } from "./variant.ts";

/**
 * Called before a placeholder's content is moved aside. The returned function is called once the
 * variant is there.
 */
export function prepare(placeholder: Element, aside: DocumentFragment): () => void {
  redirectCalls(placeholder, aside, contentOf(placeholder));
  return remember(placeholder);
}
