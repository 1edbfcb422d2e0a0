/**
 * Marks a placeholder that shows its variant. Morphing to the page's markup removes the mark,
 * whatever happens to the nodes.
 */
export const MARK = "data-exp-shown";

/** The experiment of a placeholder. Avoid `dataset`, which a form's field may hide. */
export const keyOf = (placeholder: Element) => placeholder.getAttribute("data-exp") as string;

/** Value of a placeholder's `data-exp-…` attribute; null if absent. */
export const optionOf = (placeholder: Element, name: string) => placeholder.getAttribute(`data-exp-${name}`);

/** The elements of the document that match. */
export const placeholders = (selector: string) =>
  // Use the prototype: an image with that name hides the document's own method.
  Document.prototype.querySelectorAll.call(document, selector) as NodeListOf<HTMLElement>;

/**
 * Truthy once the parser has reached the end tag of an element: until then it may still get
 * templates. Following content, or its ancestors', proves it.
 */
export const isClosed = (placeholder: Element) =>
  document.readyState !== "loading" || placeholder.closest(":not(:last-child)");
