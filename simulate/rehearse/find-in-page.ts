/** Source of a function for pages: all elements of a selector, also in open shadow roots. */
export const FIND_ALL = `(selector) => {
  const rootsIn = (root) => [root, ...[...root.querySelectorAll("*")].flatMap((each) => each.shadowRoot ? rootsIn(each.shadowRoot) : [])];
  return rootsIn(document).flatMap((root) => [...root.querySelectorAll(selector)]);
}`;

/**
 * Source of a function for pages: the first element of the first selector that has one, also in
 * open shadow roots; null if there is none. One with a size goes before one without: pages may have
 * an element for each screen.
 */
export const FIND = `(selectors) => {
  const hasSize = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return width >= 1 && height >= 1;
  };
  for (const selector of selectors) {
    const elements = (${FIND_ALL})(selector);
    if (elements.length > 0) return elements.find(hasSize) ?? elements[0];
  }
  return null;
}`;

/** Source of a function for pages: an element in the form of a selector, such as `div#banner`. */
export const DESCRIBE = `(element) => element.localName + (element.id ? "#" + element.id : [...element.classList].map((name) => "." + name).join(""))`;
