/** Values for a page's `[[name]]` marks: plain text, never HTML. */
export type Marks = ReadonlyMap<string, string>;

/** Square brackets, because linters mistake `{{` in HTML for a framework's syntax. */
const MARK = /\[\[(\w+)\]\]/g;
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * The page with every `[[name]]` mark replaced by its value, escaped for HTML text and quoted
 * attributes. One pass, so a value that looks like a mark stays text. Throws on a mark without a
 * value: that is a mistake in the page.
 */
export function fill(page: string, marks: Marks): string {
  return page.replace(MARK, (_, name: string) => {
    const value = marks.get(name);
    if (value === undefined)
      throw new Error(`the page has [[${name}]], known marks are ${[...marks.keys()].join(", ")}`);
    return value.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
  });
}
