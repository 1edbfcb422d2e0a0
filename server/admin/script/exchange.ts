/** Replaces only changed live parts: a screen reader would read unchanged ones again. */
export function exchange(panel: HTMLElement, fresh: ParentNode): void {
  for (const part of panel.querySelectorAll<HTMLElement>("[data-live]")) {
    const now = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (now && now.innerHTML !== part.innerHTML) part.replaceChildren(...now.childNodes);
  }
}
