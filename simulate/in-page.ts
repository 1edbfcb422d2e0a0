import type { Seen } from "./read-page.ts";

/** Name of the function by which the page reports to the simulator. */
export const REPORT = "fairsplitReport";

/** Name of the function that is called with the visitor's seed. */
export const SEED = "fairsplitSeed";

/** Arguments of the in-page script. */
export interface Instructions {
  /** Name of the reporting function. */
  readonly report: string;
  /**
   * Name of the function that is called with the visitor's seed, four 32-bit words, before the
   * page's scripts run.
   */
  readonly seed: string;
  /** Server timeout. */
  readonly patienceMs: number;
  /** Timeout of the tag on a page that says none. */
  readonly timeoutMs: number;
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
  { report, seed, patienceMs, timeoutMs, headers }: Instructions,
  readPage: typeof import("./read-page.ts").readPage,
  followVisit: typeof import("./follow-visit.ts").followVisit,
  presetConfig: typeof import("./preset-config.ts").presetConfig,
): void {
  if (window.top !== window) return;
  presetConfig(window, { timeout: timeoutMs });

  type Words = [a: number, b: number, c: number, d: number];
  let words: Words = [0, 0, 0, 1];
  let followed: ReturnType<typeof followVisit> | undefined;
  (window as unknown as Record<string, (given: Words) => void>)[seed] = (given) => {
    followed = followVisit(window, given.join(" "));
    const { left } = followed;
    if (left === 0) wipe();
    // Each page of a visit has IDs of its own.
    words = [given[0], given[1] ^ Math.imul(left, 0x9e3779b9), given[2], given[3]];
  };

  // Clear storage again here: a page may write while it unloads, after the simulator's clean-up.
  const wipe = () => {
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
  };

  // sfc32 (Chris Doty-Humphrey, PractRand): the same seed gives the same visitor.
  const next = () => {
    let [a, b, c, d] = words;
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
  /** Requests for groups under way: the tag may show the groups that it stored before. */
  let asking = 0;
  const { fetch } = window;
  window.fetch = (input, init) => {
    const all = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    for (const [name, value] of Object.entries(headers)) all.set(name, value);
    const response = fetch(input, { ...init, headers: all });
    if (/\/(groups|api\/expgroups)\?/.test(String(input))) {
      asking += 1;
      response
        .then(async (given) => {
          answered = await given.clone().json();
        })
        .catch(Boolean)
        .then(() => {
          asking -= 1;
          tellWhenSettled();
        });
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
  /** False on a page without a tag, which a redirect may lead to. */
  let isTagged = true;
  let readyAt = 0;
  let isWaiting = true;
  let lastAction = 0;
  let lastAnswered = -1;
  const tell = (acknowledged: boolean) => {
    clearTimeout(patience);
    isWaiting = false;
    const page = readPage(document, answered, history.length, acknowledged);
    const { left = 0, arrivals } = followed ?? {};
    const placeholders = [...page.placeholders, ...(arrivals?.() ?? [])];
    const seen: Seen = { ...page, placeholders, pageviews: left + Number(isTagged) };
    (window as unknown as Record<string, (text: string) => void>)[report]?.(JSON.stringify(seen));
  };
  /** True if a variant is still to come: the tag loads what only some placeholders need. */
  const isToCome = () =>
    performance.now() - readyAt < timeoutMs &&
    [...document.querySelectorAll<HTMLElement>("[data-exp]:not([data-exp-shown])")].some(
      ({ dataset }) => answered?.[dataset.exp ?? ""],
    );
  const isSettled = () =>
    isWaiting &&
    isReady &&
    asking === 0 &&
    !isToCome() &&
    document.readyState !== "loading" &&
    lastAnswered >= lastAction;
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

  document.addEventListener("fairsplit:exposure", (event) => {
    lastAction = performance.now();
    const { experiment, group } = (event as CustomEvent<{ experiment: string; group: string }>).detail;
    followed?.note(experiment, group);
  });
  addEventListener("load", () => {
    setTimeout(() => {
      if (!followed?.left || "fairsplit" in window || !isWaiting) return;
      isTagged = false;
      tell(true);
    }, 1000);
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
