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

/** Puts in what is new, and leaves alone what is not: a screen reader would read it out again. */
function exchange(panel: HTMLElement, fresh: Document): void {
  for (const part of panel.querySelectorAll<HTMLElement>("[data-live]")) {
    const now = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (now && now.innerHTML !== part.innerHTML) part.replaceChildren(...now.childNodes);
  }
}
