import type { Clicked } from "./clicks.ts";

/** Elements that the browser clicks by keyboard itself. */
const NATIVE = "a[href],button,input,select,textarea,summary";

/** Keys that activate an element, before its role. */
const KEY_AND_ROLE = /^(( |Enter)(button|link|menuitem.*|tab|option|switch)| (checkbox|radio))$/;

/**
 * Reports Enter and the space bar on an element that is a button, a link or the like only by its
 * role: the page's own listener acts on the key, and may dispatch a click.
 */
export function watchKeys(report: Clicked): void {
  addEventListener(
    "keydown",
    (event) => {
      const path = event.composedPath() as [Element];
      const [element] = path;
      const role = element.getAttribute?.("role");
      if (!role || event.repeat || !KEY_AND_ROLE.test(event.key + role) || element.matches(NATIVE)) return;
      let isClicked: unknown;
      const hear = (click: Event) => {
        isClicked ||= click.composedPath()[0] === element;
      };
      addEventListener("click", hear, true);
      // The page's own click comes on this key's press or release.
      const end = () =>
        setTimeout(() => {
          removeEventListener("click", hear, true);
          removeEventListener("keyup", end, true);
          // The event itself has no path any more.
          if (!isClicked) report({ composedPath: () => path });
        });
      if (event.key === "Enter") end();
      else addEventListener("keyup", end, true);
    },
    true,
  );
}
