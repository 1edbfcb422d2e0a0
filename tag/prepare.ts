import { redirectCalls } from "./ownership.ts";
import { remember } from "./remember.ts";

/**
 * Called before a placeholder's content is moved aside. What it returns is called when the variant
 * is there.
 */
export function prepare(placeholder: Element, aside: DocumentFragment): () => void {
  redirectCalls(placeholder, aside);
  return remember(placeholder);
}
