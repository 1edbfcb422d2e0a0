/**
 * Marks a placeholder that shows its variant. Morphing to the page's markup removes the mark,
 * whatever happens to the nodes.
 */
export const MARK = "data-exp-shown";

/**
 * Roots searched for placeholders: the document, and those that a page adds, such as shadow roots.
 */
const roots = new Set<ParentNode>();

/** The experiment of a placeholder. Avoid `dataset`, which a form's field may hide. */
export const keyOf = (placeholder: Element) => placeholder.getAttribute("data-exp") as string;

/** Value of a placeholder's `data-exp-…` attribute; null if absent. */
export const optionOf = (placeholder: Element, name: string) => placeholder.getAttribute(`data-exp-${name}`);

export function addRoot(root: ParentNode): void {
  roots.add(root);
}

/**
 * Calls `found` with every current and former `[data-exp]` of the roots. An element whose end tag
 * the parser has not reached may still get templates; following content, or its ancestors', proves
 * that it is closed.
 */
export function eachPlaceholder(found: (placeholder: HTMLElement) => unknown): void {
  const closed = document.readyState === "loading" ? ":is(:not(:last-child),:not(:last-child) *)" : "";
  for (const root of roots) {
    // Use the prototype: an image with that name hides the document's own method.
    const { querySelectorAll } = root === document ? Document.prototype : root;
    for (const each of querySelectorAll.call(root, `:is([data-exp],[${MARK}])${closed}`)) found(each as HTMLElement);
  }
}
