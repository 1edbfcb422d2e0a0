import { keyFromTitle } from "../../../core/key-from-title.ts";

/** Long enough for a word to be typed (arbitrary). */
const PAUSE_MS = 300;

/**
 * Keeps the live parts of a form true while it is filled in: shares, previews, whether the rule is one, what saving does. The
 * server renders them, as it does for the button that checks; here its answer's parts with `data-live` are put in place.
 */
export function keepLive(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-live-form]");
  if (!form) return;
  proposeKey(form);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked: AbortController | undefined;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      asked?.abort();
      asked = new AbortController();
      void refresh(form, asked.signal);
    }, PAUSE_MS);
  });
}

async function refresh(form: HTMLFormElement, signal: AbortSignal): Promise<void> {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) fields.append(name, String(value));
  fields.set("action", "check");
  // Not `form.action`: that is the button of that name.
  const address = form.getAttribute("action") ?? "";
  const answer = await fetch(address, { method: "POST", body: fields, headers: { accept: "text/html" }, signal }).catch(
    () => null,
  );
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (signal.aborted) return;
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = page.getElementById(part.id);
    // A preview that is the same must not flash.
    if (next && next.innerHTML !== part.innerHTML) part.replaceChildren(...next.childNodes);
  }
}

/** Fills in the key from the title, until somebody writes one. */
function proposeKey(form: HTMLFormElement): void {
  const title = form.querySelector<HTMLInputElement>("input[name=title]");
  const key = form.querySelector<HTMLInputElement>("input[name=key]");
  if (!title || !key) return;
  let proposed = keyFromTitle(title.value);
  title.addEventListener("input", () => {
    if (key.value !== "" && key.value !== proposed) return;
    proposed = keyFromTitle(title.value);
    key.value = proposed;
  });
}
