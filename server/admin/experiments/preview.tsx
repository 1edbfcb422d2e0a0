/**
 * Default styles of a browser for an unstyled page, but readable. The keyboard can focus and scroll
 * it. The focus is shown within the frame, because the surrounding page does not see it (Chromium:
 * neither :focus nor :focus-within).
 */
const PLAIN =
  "<!doctype html><html tabindex=0><meta charset=utf-8><style>:root{box-sizing:border-box;min-height:100%}" +
  ":root:focus-visible{outline:3px solid Highlight;outline-offset:-3px}body{font:16px/1.4 system-ui,sans-serif;margin:12px}</style>";

/** A group's content, in a frame that runs no script, sends no form and opens no window. */
export function Preview({ id, title, html }: { id?: string; title: string; html: string }) {
  return <iframe id={id} class="preview" title={title} sandbox="" srcdoc={PLAIN + html} />;
}
