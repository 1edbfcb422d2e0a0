import type { Message } from "./outbox.ts";

/** Reports clicks on `[data-exp-click]`, also on elements that come later. The capture phase hears a click that the page stops. */
export function watchClicks(report: (message: Message) => void): void {
  addEventListener(
    "click",
    ({ target }) => {
      // The target may be the document, which has no closest.
      const element = (target as Partial<Element>).closest?.<HTMLElement>("[data-exp-click]");
      const event = element?.dataset.expClick;
      if (!event) return;
      report({
        event,
        experiment: element?.closest<HTMLElement>("[data-exp]")?.dataset.exp,
        params: parseParams(element?.dataset.expParams),
      });
    },
    true,
  );
}

function parseParams(text: string | undefined): unknown {
  try {
    return text && JSON.parse(text);
  } catch {
    // A typing mistake in a page's attribute must not cost the click.
  }
}
