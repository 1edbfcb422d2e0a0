/** Name of the function by which the page reports to the simulator. */
export const REPORT = "fairsplitReport";

/** Name of the global that holds the visitor's seed. */
export const SEED = "fairsplitSeed";

/** Arguments of the in-page script. */
export interface Instructions {
  /** Name of the reporting function. */
  readonly report: string;
  /**
   * Name of the global that holds the visitor's seed: four 32-bit words, set before the page's
   * scripts run.
   */
  readonly seed: string;
  /** Server timeout. */
  readonly patienceMs: number;
  /**
   * Sent with every `fetch`: the DevTools way of adding headers costs a quarter of all visits per
   * second.
   */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Runs in the page before its own scripts, as text: it may use only its arguments. They are
 * the same for every visitor, because the browser caches compiled code by its text. It observes
 * from outside, through events and resource timing, and reports once when everything the tag sent
 * so far has been answered, and once more after each click.
 */
export function visitInPage(
  { report, seed, patienceMs, headers }: Instructions,
  readPage: typeof import("./read-page.ts").readPage,
): void {
  if (window.top !== window) return;

  // Clear storage again here: a page may write while it unloads, after the simulator's clean-up.
  try {
    localStorage.clear();
    sessionStorage.clear();
    for (const cookie of document.cookie.split("; ")) {
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is asynchronous
      document.cookie = `${cookie.split("=")[0]}=;path=/;max-age=0`;
    }
  } catch {
    // Opaque origins have no storage, so nothing can remain.
  }
  window.name = "";

  // sfc32 (Chris Doty-Humphrey, PractRand): the same seed gives the same visitor.
  let words: [a: number, b: number, c: number, d: number] | undefined;
  const next = () => {
    words ??= (window as unknown as Record<string, typeof words>)[seed];
    let [a, b, c, d] = words ?? [0, 0, 0, 1];
    const sum = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    words = [a, b, c, d];
    return sum >>> 0;
  };
  crypto.getRandomValues = ((array: ArrayBufferView) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = next() >>> 24;
    return array;
  }) as Crypto["getRandomValues"];

  /** The server's last answer: the visitor's groups. */
  let answered: Parameters<typeof readPage>[1];
  const { fetch } = window;
  window.fetch = (input, init) => {
    const all = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    for (const [name, value] of Object.entries(headers)) all.set(name, value);
    const response = fetch(input, { ...init, headers: all });
    if (/\/(groups|api\/expgroups)\?/.test(String(input))) {
      response.then(async (given) => {
        answered = await given.clone().json();
      }, Boolean);
    }
    return response;
  };

  // The browser paints a background page once a second. Run the first frames at once, later ones,
  // as of an animation, at their usual rate.
  let frames = 0;
  window.requestAnimationFrame = (draw) => {
    frames += 1;
    return window.setTimeout(() => draw(performance.now()), frames < 20 ? 0 : 16);
  };
  window.cancelAnimationFrame = clearTimeout;

  let isReady = false;
  let readyAt = 0;
  let isWaiting = true;
  let lastAction = 0;
  let lastAnswered = -1;
  const tell = (acknowledged: boolean) => {
    clearTimeout(patience);
    isWaiting = false;
    const seen = readPage(document, answered, history.length, acknowledged);
    (window as unknown as Record<string, (text: string) => void>)[report]?.(JSON.stringify(seen));
  };
  /** True if a variant is still to come: the tag loads what only some placeholders need. */
  const isToCome = () =>
    performance.now() - readyAt < 3000 &&
    [...document.querySelectorAll<HTMLElement>("[data-exp]:not([data-exp-shown])")].some(
      ({ dataset }) => answered?.[dataset.exp ?? ""],
    );
  const isSettled = () =>
    isWaiting && isReady && !isToCome() && document.readyState !== "loading" && lastAnswered >= lastAction;
  const tellWhenSettled = () => {
    if (!isSettled()) return;
    // Wait: the tag reports an exposure two frames after rendering the variant.
    let left = 3;
    const wait = () => {
      left -= 1;
      if (left > 0) requestAnimationFrame(wait);
      else if (isSettled()) tell(true);
    };
    requestAnimationFrame(wait);
  };
  let patience = setTimeout(() => tell(false), patienceMs);

  document.addEventListener("fairsplit:exposure", () => {
    lastAction = performance.now();
  });
  document.addEventListener("fairsplit:ready", () => {
    isReady = true;
    readyAt = performance.now();
    const again = setInterval(() => {
      if (isToCome()) return;
      clearInterval(again);
      tellWhenSettled();
    }, 20);
    tellWhenSettled();
  });
  document.addEventListener("DOMContentLoaded", tellWhenSettled);
  // A click on a link or a form counts, but the visitor stays: the next page would be another view,
  // and would not have what is to be clicked next.
  addEventListener(
    "click",
    (event) => {
      for (const node of event.composedPath()) if (node instanceof HTMLAnchorElement) node.target = "_self";
      window.navigation?.addEventListener("navigate", (leaving) => {
        if (!leaving.destination.sameDocument) leaving.preventDefault();
      });
      lastAction = performance.now();
      isWaiting = true;
      patience = setTimeout(() => tell(false), patienceMs);
    },
    true,
  );
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { name, startTime, responseStatus } = entry as PerformanceResourceTiming;
      if (responseStatus === 200 && /\/(events|notes)$/.test(new URL(name).pathname)) {
        lastAnswered = Math.max(lastAnswered, startTime);
      }
    }
    tellWhenSettled();
  }).observe({ type: "resource", buffered: true });
}
