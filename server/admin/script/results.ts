import { exchange } from "./exchange.ts";

/** Pause after a rejection, as for too many pages; browsers retry other errors themselves. */
const AGAIN_MS = 30_000;
const SECOND_MS = 1000;

/** Updates results while the page is visible, and shows their age. */
export function watchResults(): void {
  const panel = document.querySelector<HTMLElement>("[data-results-live]");
  const url = panel?.dataset.resultsLive;
  if (!panel || !url) return;
  let source: EventSource | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;
  let heardAt: number | null = null;

  const hear = () => {
    heardAt = performance.now();
    say();
  };
  const say = () => {
    const place = panel.querySelector("[data-updated]");
    if (!place || heardAt === null) return;
    const seconds = Math.round((performance.now() - heardAt) / SECOND_MS);
    place.textContent = `, updated ${seconds}\u00a0s ago`;
  };
  const watch = () => {
    clearTimeout(again);
    source?.close();
    source = null;
    if (document.hidden) return;
    source = new EventSource(url);
    source.addEventListener("report", ({ data }) => {
      replace(panel, data);
      hear();
    });
    source.addEventListener("checked", ({ data }) => {
      exchange(panel, new DOMParser().parseFromString(data, "text/html"));
      hear();
    });
    source.addEventListener("error", () => {
      if (source?.readyState === EventSource.CLOSED) again = setTimeout(watch, AGAIN_MS);
    });
  };
  document.addEventListener("visibilitychange", watch);
  setInterval(say, SECOND_MS);
  watch();
}

/** Replaces changed parts; everything when the parts differ, as with the first visitor. */
function replace(panel: HTMLElement, html: string): void {
  const [report] = panel.children;
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("#report");
  if (!report || !fresh) return;
  if (names(report) === names(fresh)) {
    report.className = fresh.className;
    exchange(panel, fresh);
  } else {
    panel.replaceChildren(fresh);
  }
}

function names(report: Element): string {
  return [...report.querySelectorAll<HTMLElement>("[data-live]")].map(({ dataset }) => dataset.live).join();
}
