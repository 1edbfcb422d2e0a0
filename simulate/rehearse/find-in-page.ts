/**
 * Source of a function for pages: the first element of the first selector that has one, also in
 * open shadow roots; null if there is none.
 */
export const FIND = `(selectors) => {
  const rootsIn = (root) => [root, ...[...root.querySelectorAll("*")].flatMap((each) => each.shadowRoot ? rootsIn(each.shadowRoot) : [])];
  const roots = rootsIn(document);
  for (const selector of selectors) {
    for (const root of roots) {
      const element = root.querySelector(selector);
      if (element) return element;
    }
  }
  return null;
}`;

/** Source of a function for pages: an element in the form of a selector, such as `div#banner`. */
export const DESCRIBE = `(element) => element.localName + (element.id ? "#" + element.id : [...element.classList].map((name) => "." + name).join(""))`;
