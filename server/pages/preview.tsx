/** What the browser would show of a page that says nothing about itself, but readable. */
const PLAIN = "<!doctype html><meta charset=utf-8><style>body{font:16px/1.4 system-ui,sans-serif;margin:12px}</style>";

/** What visitors of a group see, in a frame that runs no script, sends no form and opens no window. */
export function Preview({ id, title, html }: { id?: string; title: string; html: string }) {
  return <iframe id={id} class="preview" title={title} sandbox="" srcdoc={PLAIN + html} />;
}
