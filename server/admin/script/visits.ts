import { exchange } from "./exchange.ts";

const EVERY_MS = 2000;

/** Keeps the panel of visits up to date as long as somebody can see it. */
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
      // The link is there again: it says what is wrong, such as a session that has ended.
      panel.classList.remove("watched");
    }
    clearTimeout(timer);
    timer = setTimeout(check, EVERY_MS);
  };
  document.addEventListener("visibilitychange", check);
  void check();
}
