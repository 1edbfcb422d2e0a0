/** Name of the function by which the page reports to the rehearsal. */
export const TOLD = "fairsplitRehearsalTold";
/** Name of the page's function that says what the page shows. */
export const SEE = "fairsplitRehearsalSee";
/** Name of the page's function that counts the tag's unsent events. */
export const UNSENT = "fairsplitRehearsalUnsent";

/** Message that a page sends at once, because it may be left. */
export type Told =
  | { readonly kind: "placeholder"; readonly redirect: string | null }
  | { readonly kind: "csp"; readonly directive: string; readonly blocked: string }
  | { readonly kind: "error"; readonly text: string };

/** A placeholder of the experiment, once the page has settled. */
export interface PlaceholderSeen {
  /** The group that the tag says it shows; null if it shows none. */
  readonly shown: string | null;
  /** The group whose template's content the placeholder has; null if it has none of them. */
  readonly rendered: string | null;
  /** True if it has a place on the page, whatever its opacity: it may fade in. */
  readonly isVisible: boolean;
  /** True if it works elsewhere: the page's title, or a variant of styles and scripts alone. */
  readonly needsNoPlace: boolean;
  readonly hasContent: boolean;
  readonly templates: readonly { readonly group: string; readonly isEmpty: boolean; readonly isOnPurpose: boolean }[];
  /** The values of `data-exp-text`, `-attr`, `-class` and `-redirect`; null where there is none. */
  readonly text: string | null;
  readonly attribute: string | null;
  readonly classes: string | null;
  readonly redirect: string | null;
}

/** State of a page that has settled. */
export interface PageSeen {
  readonly url: string;
  /** The tag runs; the addresses are those of its script elements. */
  readonly isTagRunning: boolean;
  readonly tagScripts: readonly string[];
  /** Milliseconds after which the tag shows the fallback. */
  readonly timeoutMs: number;
  /** The group that the tag was given; null without an answer, or without this experiment in it. */
  readonly assigned: string | null;
  readonly isAnswered: boolean;
  readonly deviceId: string | null;
  /** Name of the cookie that keeps it. */
  readonly cookie: string;
  readonly isInCookie: boolean;
  readonly isInStorage: boolean;
  readonly placeholders: readonly PlaceholderSeen[];
  /** Experiments of all placeholders of the page. */
  readonly keys: readonly string[];
  /** Files that the shown variants ask for, without queries. */
  readonly files: readonly string[];
  /** From the placeholder in the page to the variant in it; null if it came with no variant. */
  readonly timeToVariantMs: number | null;
  readonly layoutShift: number;
  readonly largestPaintMs: number | null;
}

/** Arguments of the in-page script. */
export interface Instructions {
  readonly told: string;
  readonly see: string;
  readonly unsent: string;
  readonly experiment: string;
  /** The last digits of the device IDs that the tag makes. */
  readonly devices: string;
  /** Time to watch a page without the tag after it has loaded; null for a page with it. */
  readonly stayMs: number | null;
}

/**
 * Runs in every page before its own scripts, as text: it may use only its argument. It lets the
 * tag make a rehearsal's device ID, gives the consent that a page may ask for, and observes. In
 * frames it observes nothing.
 */
export function observePage({ told, see, unsent, experiment, devices, stayMs }: Instructions): void {
  // Scripts of pages may replace it.
  const { stringify } = JSON;
  const tell = (message: Told) =>
    (window as unknown as Record<string, (text: string) => void>)[told]?.(stringify(message));

  // The tag makes an ID of 32 random bytes, a digit each, before it sets up its API. Later ones are
  // IDs of events, which must differ.
  const isTagUp = () =>
    typeof (window as unknown as { fairsplit?: { ready?: unknown } }).fairsplit?.ready === "function";
  const original = crypto.getRandomValues.bind(crypto);
  crypto.getRandomValues = ((array: ArrayBufferView) => {
    original(array as Uint8Array<ArrayBuffer>);
    if (array instanceof Uint8Array && array.length === 32 && !isTagUp()) {
      const digits = [...devices].map((digit) => Number.parseInt(digit, 16));
      array.set(digits, 32 - digits.length);
    }
    return array;
  }) as Crypto["getRandomValues"];
  try {
    localStorage.setItem("fairsplit_consent", "1");
  } catch {
    // An opaque origin has no storage.
  }
  if (window.top !== window) return;

  addEventListener("securitypolicyviolation", ({ disposition, effectiveDirective: directive, blockedURI: blocked }) => {
    // A policy that only reports blocks nothing.
    if (disposition === "enforce") tell({ kind: "csp", directive, blocked });
  });

  // The browser reports no error whose event a handler of the page has cancelled.
  const tellCancelled = (event: Event, text: string) =>
    setTimeout(() => event.defaultPrevented && tell({ kind: "error", text }));
  addEventListener("error", (event) => {
    if (event instanceof ErrorEvent) tellCancelled(event, String(event.error ?? event.message));
  });
  addEventListener("unhandledrejection", (event) => tellCancelled(event, String(event.reason)));

  // Placeholders are found in open shadow roots as well, of scripts and of the page's source.
  const roots = new Set<Document | ShadowRoot>([document]);
  const all = () => [...roots].flatMap((root) => [...root.querySelectorAll<HTMLElement>("[data-exp]")]);
  const own = () => all().filter((element) => element.getAttribute("data-exp") === experiment);
  let foundAt: number | null = null;
  let shownAt: number | null = null;
  const look = () => {
    const [first] = own();
    if (!first) return;
    if (foundAt === null) {
      foundAt = performance.now();
      tell({ kind: "placeholder", redirect: first.getAttribute("data-exp-redirect") });
    }
    if (shownAt === null && first.hasAttribute("data-exp-shown")) shownAt = performance.now();
  };
  const observer = new MutationObserver((records) => {
    for (const { addedNodes } of records) {
      for (const node of addedNodes) if (node instanceof Element) findRoots(node);
    }
    look();
  });
  const observe = (root: Document | ShadowRoot) => {
    roots.add(root);
    observer.observe(root, { childList: true, subtree: true, attributeFilter: ["data-exp", "data-exp-shown"] });
  };
  observe(document);
  const { attachShadow } = Element.prototype;
  Element.prototype.attachShadow = function (init) {
    const root = attachShadow.call(this, init);
    if (init.mode === "open") observe(root);
    return root;
  };
  /** Takes in open shadow roots that no script has made, and those within them. */
  const findRoots = (within: Element | Document | ShadowRoot) => {
    for (const { shadowRoot } of [within as Element, ...within.querySelectorAll("*")]) {
      if (!shadowRoot) continue;
      if (!roots.has(shadowRoot)) observe(shadowRoot);
      findRoots(shadowRoot);
    }
  };
  // The parser may come to a root after its element was told of.
  document.addEventListener("DOMContentLoaded", () => {
    findRoots(document);
    look();
  });

  let isReady = false;
  let isAnswered = false;
  let exposedAt: number | null = null;
  let readyAt = 0;
  document.addEventListener("fairsplit:ready", (event) => {
    isReady = true;
    readyAt = performance.now();
    isAnswered = Object.keys((event as CustomEvent<object>).detail).length > 0;
  });
  document.addEventListener("fairsplit:exposure", (event) => {
    if ((event as CustomEvent<{ experiment: string }>).detail.experiment === experiment) {
      exposedAt ??= performance.now();
    }
  });

  // Session windows of at most 5 s with gaps of at most 1 s, as in Web Vitals.
  let layoutShift = 0;
  let session = 0;
  let sessionStart = 0;
  let lastShift = Number.NEGATIVE_INFINITY;
  let largestPaintMs: number | null = null;
  const watch = (type: string, each: (entry: PerformanceEntry) => void) => {
    try {
      new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
    } catch {
      // The browser does not measure it.
    }
  };
  watch("layout-shift", (entry) => {
    const { value, hadRecentInput, startTime } = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
    if (hadRecentInput) return;
    if (startTime - lastShift > 1000 || startTime - sessionStart > 5000) {
      session = 0;
      sessionStart = startTime;
    }
    session += value;
    lastShift = startTime;
    layoutShift = Math.max(layoutShift, session);
  });
  watch("largest-contentful-paint", ({ startTime }) => {
    largestPaintMs = startTime;
  });

  const textOf = (nodes: Iterable<Node>) => {
    const box = document.createElement("div");
    for (const node of nodes) box.append(node.cloneNode(true));
    return box.innerHTML.replace(/\s+/g, " ").trim();
  };
  const isNothing = (nodes: Iterable<Node>) =>
    ![...nodes].some((node) => node.nodeType === 1 || (node.nodeType === 3 && /\S/.test(node.nodeValue ?? "")));
  const hasArea = (element: Element): boolean => {
    const { width, height, right, bottom } = element.getBoundingClientRect();
    const isOnPage = right + scrollX > 0 && bottom + scrollY > 0;
    return (width >= 1 && height >= 1 && isOnPage) || [...element.children].some(hasArea);
  };
  /** True if an element around it, of no more than a pixel, cuts off what is larger. */
  const isClipped = (element: HTMLElement): boolean => {
    for (let each: Element | null = element; each && each !== document.body; ) {
      const { overflowX, overflowY, position } = getComputedStyle(each);
      const { width, height } = each.getBoundingClientRect();
      if ((width <= 1 && overflowX !== "visible") || (height <= 1 && overflowY !== "visible")) return true;
      // Only positioned ancestors cut off a positioned element.
      each =
        position === "absolute" || position === "fixed"
          ? (each as HTMLElement).offsetParent
          : (each.parentElement ?? (each.getRootNode() as Partial<ShadowRoot>).host ?? null);
    }
    return false;
  };
  const isSeen = (element: HTMLElement): boolean => {
    // An element without a box of its own is seen by its content.
    if (getComputedStyle(element).display === "contents")
      return [...element.children].some((each) => isSeen(each as HTMLElement));
    // Scrolling renders the elements that `content-visibility: auto` skips off the screen.
    const isShown = element.checkVisibility({ visibilityProperty: true });
    return isShown && hasArea(element) && !isClipped(element);
  };
  const worksElsewhere = (placeholder: HTMLElement, content: readonly ChildNode[]): boolean => {
    const elements = content.filter((node): node is HTMLElement => node.nodeType === 1);
    const isUnseen = (element: HTMLElement) => element.matches("style, script, link, meta");
    const hasText = content.some((node) => node.nodeType === 3 && /\S/.test(node.nodeValue ?? ""));
    return placeholder.closest("head") !== null || (elements.length > 0 && elements.every(isUnseen) && !hasText);
  };
  const describe = (placeholder: HTMLElement): PlaceholderSeen => {
    const found = [...placeholder.querySelectorAll<HTMLTemplateElement>(":scope > template[data-group]")];
    const contents = found.map((template) => ({
      group: template.dataset.group ?? "",
      nodes: [...(template.content.firstChild ? template.content : template).childNodes],
      isOnPurpose: "empty" in template.dataset,
    }));
    const content = [...placeholder.childNodes].filter((node) => node.nodeName !== "TEMPLATE");
    const rendered = textOf(content);
    const shown = placeholder.getAttribute("data-exp-shown");
    const same = contents.filter(({ nodes }) => textOf(nodes) === rendered).map(({ group }) => group);
    return {
      shown,
      rendered: shown !== null && same.includes(shown) ? shown : (same[0] ?? null),
      isVisible: isSeen(placeholder),
      needsNoPlace: worksElsewhere(placeholder, content),
      hasContent: !isNothing(content),
      templates: contents.map(({ group, nodes, isOnPurpose }) => ({ group, isEmpty: isNothing(nodes), isOnPurpose })),
      text: placeholder.getAttribute("data-exp-text"),
      attribute: placeholder.getAttribute("data-exp-attr"),
      classes: placeholder.getAttribute("data-exp-class"),
      redirect: placeholder.getAttribute("data-exp-redirect"),
    };
  };

  const tagScripts = () =>
    [...document.querySelectorAll<HTMLScriptElement>("script[src]")].filter(({ src }) =>
      /\/(tag|parts|tag-with-groups)(\.[0-9a-f]+)?\.js(\?|$)/.test(src),
    );
  /** Scripts that did not come: blocked, refused or missing. */
  const failedScripts = new WeakSet<EventTarget>();
  addEventListener("error", ({ target }) => target instanceof HTMLScriptElement && failedScripts.add(target), true);
  const tag = () => {
    const { fairsplit } = window as unknown as { fairsplit?: { ready?: unknown; groups: object; events: object[] } };
    return typeof fairsplit?.ready === "function" ? fairsplit : null;
  };
  const deviceIdOf = () => {
    const events = (tag()?.events ?? []) as { deviceId?: string }[];
    return events.at(-1)?.deviceId ?? null;
  };
  const sinceLoad = () => {
    const loadedAt = performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming | undefined;
    return performance.now() - (loadedAt?.loadEventEnd ?? 0);
  };
  const seen = (): PageSeen => {
    findRoots(document);
    look();
    const running = tag();
    const { fairsplitConfig } = window as unknown as { fairsplitConfig?: { timeout?: unknown; cookie?: string } };
    const timeout = tagScripts()[0]?.dataset.timeout ?? fairsplitConfig?.timeout;
    const given = (running?.groups as Record<string, { group?: string } | undefined> | undefined)?.[experiment];
    const deviceId = deviceIdOf();
    // A frame of this origin may have written an ID of its own: a preview makes it a moment later.
    const isIn = (read: () => string) => {
      try {
        return deviceId !== null && (read().includes(deviceId) || read().includes(devices));
      } catch {
        return false;
      }
    };
    return {
      url: location.href,
      isTagRunning: running !== null,
      tagScripts: tagScripts().map(({ src }) => src),
      timeoutMs: Number(timeout) >= 0 ? Number(timeout) : 1000,
      assigned: given?.group ?? null,
      isAnswered,
      deviceId,
      cookie: tagScripts()[0]?.dataset.cookie ?? fairsplitConfig?.cookie ?? "fairsplit_id",
      isInCookie: isIn(() => document.cookie),
      isInStorage: isIn(() => localStorage.getItem("fairsplit_id") ?? ""),
      placeholders: own().map(describe),
      keys: [...new Set(all().map((element) => element.getAttribute("data-exp") ?? ""))],
      files: own().flatMap((placeholder) =>
        [...placeholder.querySelectorAll("[src], link[href], [poster]")].flatMap((element) =>
          ["src", "href", "poster"].flatMap((name) => {
            const address = element.getAttribute(name);
            if (!address || !URL.canParse(address, document.baseURI)) return [];
            const { origin, pathname } = new URL(address, document.baseURI);
            return origin + pathname;
          }),
        ),
      ),
      timeToVariantMs: foundAt === null || shownAt === null ? null : shownAt - foundAt,
      layoutShift,
      largestPaintMs,
    };
  };

  /** Arbitrary: late errors and paints of a page that nothing else is expected of. */
  const MIN_STAY_MS = 300;
  // More than the time in which the tag gathers events before it sends them.
  const GATHER_MS = 100;
  const SEND_PATIENCE_MS = 5000;
  const EXPOSURE_PATIENCE_MS = 2500;
  /** Time for a page to make its placeholder: its script may ask a server for it first. */
  const PLACEHOLDER_PATIENCE_MS = 3000;
  /** Scrolls on while there is no placeholder: it may be made where it is seen. */
  const lookFor = () => {
    if (document.readyState === "complete" && own().length === 0) scrollBy({ top: innerHeight, behavior: "instant" });
  };
  /** Events that the tag has reported and the server has not acknowledged. */
  const countUnsent = () => {
    try {
      return Object.keys(localStorage).filter((name) => name.startsWith("\n{")).length;
    } catch {
      // Storage is forbidden.
      return null;
    }
  };
  /** Time for the tag to start after the page has loaded: other scripts may load it. */
  const tagPatience = () => {
    const scripts = tagScripts();
    if (scripts.length === 0) return 2000;
    return scripts.every((script) => failedScripts.has(script)) ? MIN_STAY_MS : 1000;
  };
  /** True if nothing more is to be expected of the tag. */
  const isSettled = () => {
    if (document.readyState !== "complete") return false;
    if (stayMs !== null) return sinceLoad() >= stayMs;
    if (!tag()) return sinceLoad() > tagPatience();
    if (!isReady) return false;
    // The events of another's device are held back, and no exposure is reported of its preview.
    if (deviceIdOf()?.endsWith(devices) === false) return true;
    if (exposedAt !== null) {
      const sinceExposure = performance.now() - exposedAt;
      return (sinceExposure > GATHER_MS && !countUnsent()) || sinceExposure > SEND_PATIENCE_MS;
    }
    const isShort = own().length > 0 ? !isAnswered : document.referrer !== "";
    return (
      performance.now() - readyAt > (isShort ? 500 : own().length > 0 ? EXPOSURE_PATIENCE_MS : PLACEHOLDER_PATIENCE_MS)
    );
  };
  (window as unknown as Record<string, typeof countUnsent>)[unsent] = countUnsent;
  (window as unknown as Record<string, () => Promise<PageSeen>>)[see] = () =>
    new Promise((resolve) => {
      const wait = () => {
        lookFor();
        if (isSettled()) resolve(seen());
        else setTimeout(wait, 30);
      };
      wait();
    });
}
