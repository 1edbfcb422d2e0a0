import { safely } from "./safely.ts";

/** Reports a click as the event of the nearest `[data-exp-click]`, in an open shadow root too. */
export type Clicked = (event: Event) => void;

/**
 * Reports clicks on `[data-exp-click]`, also on elements that come later, by the mouse, its middle
 * button and the keyboard. The capture phase hears a click that the page stops.
 */
export function watchClicks(report: (event: string, experiment: string | undefined, params: unknown) => void): Clicked {
  const clicked: Clicked = (event) =>
    // Most clicks are on something else.
    safely(() => {
      const path = event.composedPath() as HTMLElement[];
      const nearest = (name: string) => path.find((element) => element.dataset?.[name])?.dataset as DOMStringMap;
      const { expClick, expParams } = nearest("expClick");
      if ((event as MouseEvent).button > 1) return;
      report(
        expClick as string,
        nearest("exp")?.exp,
        // A typing mistake in a page's attribute must not cost the click.
        safely(() => JSON.parse(expParams as string)),
      );
    });
  for (const type of ["click", "auxclick"]) addEventListener(type, clicked, true);
  return clicked;
}
