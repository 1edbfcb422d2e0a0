import { safely } from "./safely.ts";

/** Reports clicks on `[data-exp-click]`, also on elements that come later. The capture phase hears a click that the page stops. */
export function watchClicks(report: (event: string, experiment: string | undefined, params: unknown) => void): void {
  addEventListener(
    "click",
    ({ target }) =>
      // Most clicks are on something else, or on the document, which has no closest.
      safely(() => {
        const element = (target as Element).closest("[data-exp-click]") as HTMLElement;
        const { expClick, expParams } = element.dataset;
        const { exp } = element.closest<HTMLElement>("[data-exp]")?.dataset ?? {};
        // A typing mistake in a page's attribute must not cost the click.
        if (expClick)
          report(
            expClick,
            exp,
            safely(() => JSON.parse(expParams as string)),
          );
      }),
    true,
  );
}
