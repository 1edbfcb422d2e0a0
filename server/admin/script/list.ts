import { exchange } from "./exchange.ts";

const FIRST_MS = 500;
/** Longest pause between retries of a failed count. */
const MAX_MS = 30_000;

/** Inserts counts that were missing from the list's rows, as soon as the server has them. */
export function watchList(): void {
  const list = document.querySelector<HTMLElement>("[data-counting]");
  if (!list) return;
  let pauseMs = FIRST_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const check = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    let isCounting = true;
    try {
      const response = await fetch(location.href);
      if (!response.ok) throw new Error(String(response.status));
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      exchange(list, fresh);
      isCounting = fresh.querySelector("[data-counting]") !== null;
    } catch {
      // Retry; a reload of the page shows the error.
    }
    clearTimeout(timer);
    pauseMs = Math.min(2 * pauseMs, MAX_MS);
    if (isCounting) timer = setTimeout(check, pauseMs);
    else document.removeEventListener("visibilitychange", check);
  };
  document.addEventListener("visibilitychange", check);
  timer = setTimeout(check, pauseMs);
}
