import { safely } from "./safely.ts";

const done = new WeakSet<Element>();

/**
 * Calls `render` for every `[data-exp]` in a root whose key `isKnown`, once in its life. An element whose end tag the parser has not
 * reached may still get templates: what follows it, or what it is in, proves that it is closed.
 */
export function renderPlaceholders(
  root: ParentNode,
  isKnown: (key: string) => unknown,
  render: (placeholder: HTMLElement, key: string) => void,
): void {
  const closed = document.readyState === "loading" ? ":is(:not(:last-child),:not(:last-child) *)" : "";
  for (const placeholder of root.querySelectorAll<HTMLElement>(`[data-exp]${closed}`)) {
    // What is thrown here would be the page's error, and cost the other placeholders.
    safely(() => {
      const key = placeholder.dataset.exp as string;
      if (!done.has(placeholder) && isKnown(key)) {
        done.add(placeholder);
        render(placeholder, key);
      }
    });
  }
}
