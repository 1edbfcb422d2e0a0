import { keyFromTitle } from "../../../core/key-from-title.ts";

/** Long enough to type a word (arbitrary). */
const PAUSE_MS = 300;

/**
 * Updates the live parts of a form while it is filled in: shares, previews, validity of the rule,
 * consequences of saving. The server renders them, as for the check button; this replaces the parts
 * with `data-live`.
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
    // An unchanged preview must not flash.
    if (next && next.innerHTML !== part.innerHTML) part.replaceChildren(...next.childNodes);
  }
}

/** Fills in the key from the title, until it is edited. */
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
