/** The field whose label was clicked, until the end of that task, and the name of that click. */
let field: unknown;
let clicked: string | undefined;

/**
 * True for the second click that browsers make of one on a label: on its field, in the same task.
 * Both may bear the same mark.
 */
export function isLabelsClick(name: string): boolean {
  const event = window.event;
  // The tag's own listener; the page's may report what it likes.
  const path = event?.currentTarget === window ? (event.composedPath() as Partial<HTMLLabelElement>[]) : [];
  const isSecond = !!path[0] && path[0] === field && name === clicked;
  field = path.find(({ control }) => control)?.control;
  clicked = name;
  setTimeout(() => (field = undefined));
  return isSecond;
}
