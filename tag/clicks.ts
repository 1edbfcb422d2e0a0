/** Reports clicks on `[data-exp-click]`, also on elements that come later. The capture phase hears a click that the page stops. */
export function watchClicks(report: (event: string, experiment: string | undefined, params: unknown) => void): void {
  addEventListener(
    "click",
    ({ target }) => {
      // The target may be the document, which has no closest.
      const element = (target as Partial<Element>).closest?.<HTMLElement>("[data-exp-click]");
      const { expClick, expParams } = element?.dataset ?? {};
      if (!expClick) return;
      let params: unknown;
      try {
        params = JSON.parse(expParams as string);
      } catch {
        // A typing mistake in a page's attribute must not cost the click.
      }
      report(expClick, element?.closest<HTMLElement>("[data-exp]")?.dataset.exp, params);
    },
    true,
  );
}
