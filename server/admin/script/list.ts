import { exchange } from "./exchange.ts";

const FIRST_MS = 500;
/** A count that cannot be made is asked for less and less often. */
const MAX_MS = 30_000;

/** Puts in what the list's rows were still being counted for, as soon as the server has it. */
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
      // The next time says more, or somebody who reloads the page is told.
    }
    clearTimeout(timer);
    pauseMs = Math.min(2 * pauseMs, MAX_MS);
    if (isCounting) timer = setTimeout(check, pauseMs);
    else document.removeEventListener("visibilitychange", check);
  };
  document.addEventListener("visibilitychange", check);
  timer = setTimeout(check, pauseMs);
}
