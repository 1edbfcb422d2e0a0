const done = new WeakSet<Element>();

/** Calls `render` for every `[data-exp]` of the page that `isKnown`, once in its life. */
export function renderPlaceholders(
  isKnown: (key: string) => unknown,
  render: (placeholder: HTMLElement, key: string) => void,
): void {
  try {
    for (const placeholder of document.querySelectorAll<HTMLElement>("[data-exp]")) {
      const key = placeholder.dataset.exp as string;
      if (!done.has(placeholder) && isParsed(placeholder) && isKnown(key)) {
        done.add(placeholder);
        render(placeholder, key);
      }
    }
  } catch {
    // An element named querySelectorAll hides the document's method. What is thrown here would be the page's error.
  }
}

/** An element whose end tag the parser has not reached may still get templates; what follows it proves that it is closed. */
function isParsed(node: Node | null): unknown {
  return document.readyState !== "loading" || (node && (node.nextSibling || isParsed(node.parentNode)));
}
