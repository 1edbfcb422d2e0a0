import { safely } from "./safely.ts";

/** Reports a click as the event of the nearest `[data-exp-click]`, also in open shadow roots. */
export type Clicked = (event: Pick<Event, "composedPath">) => void;

/**
 * Reports clicks on `[data-exp-click]` by mouse, middle button and keyboard, also on elements added
 * later. Listens in the capture phase, before the page can stop a click.
 */
export function watchClicks(
  report: (event: string, placeholder: HTMLElement | undefined, params: unknown) => void,
): Clicked {
  const clicked: Clicked = (event) =>
    // Return early: most clicks are elsewhere.
    safely(() => {
      const path = event.composedPath() as HTMLElement[];
      const nearest = (name: string) => path.find(({ dataset }) => dataset?.[name]);
      const { expClick, expParams } = (nearest("expClick") as HTMLElement).dataset;
      if ((event as MouseEvent).button > 1) return;
      report(
        expClick as string,
        nearest("exp"),
        // Invalid JSON in a page's attribute must not lose the click.
        safely(() => JSON.parse(expParams as string)),
      );
    });
  addEventListener("click", clicked, true);
  addEventListener("auxclick", clicked, true);
  return clicked;
}
