const done = new WeakSet<Element>();

/**
 * Calls `render` for every `[data-exp]` in a root, until it has been rendered. An element whose end tag the parser has not
 * reached may still get templates: what follows it, or what it is in, proves that it is closed.
 */
export function renderPlaceholders(
  root: ParentNode,
  render: (placeholder: HTMLElement, key: string) => boolean | undefined,
): void {
  const closed = document.readyState === "loading" ? ":is(:not(:last-child),:not(:last-child) *)" : "";
  for (const placeholder of root.querySelectorAll<HTMLElement>(`[data-exp]${closed}`)) {
    try {
      if (!done.has(placeholder) && render(placeholder, placeholder.dataset.exp as string)) done.add(placeholder);
    } catch {
      // What is thrown here would be the page's error, and cost the other placeholders.
      done.add(placeholder);
    }
  }
}
