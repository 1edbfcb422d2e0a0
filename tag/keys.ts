/** Elements that the browser clicks by keyboard itself. */
const NATIVE = "a[href],button,input,select,textarea,summary";

/**
 * Reports Enter and the space bar on an element that is a button or a link only by its role: the
 * page's own listener acts on the key, and may dispatch a click.
 */
export function watchKeys(report: (event: Event) => void): void {
  addEventListener(
    "keydown",
    (event) => {
      const [element] = event.composedPath() as [Element];
      const isButton =
        element.matches?.("[role=button],[role=link],[role=menuitem],[role=tab]") && !element.matches(NATIVE);
      if (!isButton || event.repeat || !/^( |Enter)$/.test(event.key)) return;
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
          if (!isClicked) report(event);
        });
      if (event.key === "Enter") end();
      else addEventListener("keyup", end, true);
    },
    true,
  );
}
