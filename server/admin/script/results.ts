import { exchange } from "./exchange.ts";

/** When the server rejected, such as for too many pages; else browsers try again by themselves. */
const AGAIN_MS = 30_000;
const SECOND_MS = 1000;

/** Keeps results true as long as somebody can see them, and says how old they are. */
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

/** Exchanges what is new; all of it when there is another part than before, such as with the first visitor. */
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
