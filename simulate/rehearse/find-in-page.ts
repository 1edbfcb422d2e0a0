/**
 * Source of a function for pages: the first element of the first selector that has one, also in
 * open shadow roots; null if there is none. One with a size goes before one without: pages may have
 * an element for each screen.
 */
export const FIND = `(selectors) => {
  const rootsIn = (root) => [root, ...[...root.querySelectorAll("*")].flatMap((each) => each.shadowRoot ? rootsIn(each.shadowRoot) : [])];
  const roots = rootsIn(document);
  const hasSize = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return width >= 1 && height >= 1;
  };
  for (const selector of selectors) {
    const elements = roots.flatMap((root) => [...root.querySelectorAll(selector)]);
    if (elements.length > 0) return elements.find(hasSize) ?? elements[0];
  }
  return null;
}`;

/** Source of a function for pages: an element in the form of a selector, such as `div#banner`. */
export const DESCRIBE = `(element) => element.localName + (element.id ? "#" + element.id : [...element.classList].map((name) => "." + name).join(""))`;
