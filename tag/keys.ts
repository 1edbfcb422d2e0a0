/** Elements that the browser itself clicks by the keyboard. */
const NATIVE = "a[href],button,input,select,textarea,summary";

/**
 * Reports Enter and the space bar on an element that only its role makes a button or a link: the
 * page's own listener does what a click does, and may make one.
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
      // A click of the page's own comes with this key, or when it is let go.
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
