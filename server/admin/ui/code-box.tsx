/** Code to copy. The page's script adds a button; without it, the code can be selected. */
export function CodeBox({ id, code, name }: { id: string; code: string; name: string }) {
  return (
    <div class="code-box">
      <p class="code-head">
        <span>{name}</span>
        <button type="button" class="quiet copy" data-copy={id} aria-label={`Copy ${name}`} hidden>
          Copy
        </button>
      </p>
      {/* Can be scrolled with the keyboard. */}
      <section class="code" tabindex={0} aria-label={name}>
        <pre id={id}>
          <code>{code}</code>
        </pre>
      </section>
    </div>
  );
}
