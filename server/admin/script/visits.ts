import { exchange } from "./exchange.ts";

const EVERY_MS = 2000;

/** Updates the panel of visits while the page is visible. */
export function watchVisits(): void {
  const panel = document.querySelector<HTMLElement>("[data-visits]");
  const url = panel?.dataset.visits;
  if (!panel || !url) return;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const check = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      const response = await fetch(url);
      if (!response.ok) throw new Error(String(response.status));
      exchange(panel, new DOMParser().parseFromString(await response.text(), "text/html"));
      panel.classList.add("watched");
    } catch {
      // Show the link again: it explains the error, such as an expired session.
      panel.classList.remove("watched");
    }
    clearTimeout(timer);
    timer = setTimeout(check, EVERY_MS);
  };
  document.addEventListener("visibilitychange", check);
  void check();
}
