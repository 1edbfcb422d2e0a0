/**
 * Marks a placeholder that shows its variant. A morph to the page's markup takes it away, whatever
 * it does with the nodes.
 */
export const MARK = "data-exp-shown";

/**
 * Where placeholders are looked for: the document, and roots that a page names, such as shadow
 * roots.
 */
const roots = new Set<ParentNode>();

/** The experiment of a placeholder. Not by `dataset`, which a form's field may hide. */
export const keyOf = (placeholder: Element) => placeholder.getAttribute("data-exp") as string;

/** What a placeholder says on `data-exp-…`; null where it says nothing. */
export const optionOf = (placeholder: Element, name: string) => placeholder.getAttribute(`data-exp-${name}`);

export function addRoot(root: ParentNode): void {
  roots.add(root);
}

/**
 * Calls `found` with every `[data-exp]` of the roots, and what was one. An element whose end tag
 * the parser has not reached may still get templates: what follows it, or what it is in, proves
 * that it is closed.
 */
export function eachPlaceholder(found: (placeholder: HTMLElement) => unknown): void {
  const closed = document.readyState === "loading" ? ":is(:not(:last-child),:not(:last-child) *)" : "";
  for (const root of roots) {
    // An image with that name hides the document's own method.
    const { querySelectorAll } = root === document ? Document.prototype : root;
    for (const each of querySelectorAll.call(root, `:is([data-exp],[${MARK}])${closed}`)) found(each as HTMLElement);
  }
}
