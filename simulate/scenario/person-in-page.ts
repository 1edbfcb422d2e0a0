/** Arguments of the in-page script. */
export interface PersonInstructions {
  /** Name of the reporting function. */
  readonly report: string;
  /** Name of the page view: other documents of the same view come by a redirect. */
  readonly view: string;
  /** True if the device is new: its browser has neither cookies nor storage. */
  readonly isNewDevice: boolean;
  /** True if a visit begins, in a tab of its own. */
  readonly isNewTab: boolean;
  /** Base URL of the tag's requests, and headers for them. */
  readonly api: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Name of the device's cookie, and the ID that a new device gets. */
  readonly cookie: string;
  readonly deviceId: string;
  readonly accountId: string;
  /** Time on the page's clock, as `Date.now` has it. */
  readonly atMs: number;
  readonly hasPrivacyControl: boolean;
  readonly givesConsent: boolean;
  /** Timeout of the tag on a page that says none. */
  readonly timeoutMs: number;
  /** True if the tag asks for groups. */
  readonly asks: boolean;
  readonly patienceMs: number;
}

/** Name of the global by which the simulator acts in the page. */
export const PERSON = "fairsplitPerson";

/**
 * Runs in a person's page before its own scripts, as text: it may use only its arguments and the
 * name of `PERSON`. The clock stands still until the simulator sets it; timers run in real time.
 */
export function personInPage(
  given: PersonInstructions,
  readPage: typeof import("../read-page.ts").readPage,
  presetConfig: typeof import("../preset-config.ts").presetConfig,
  name: string,
): void {
  if (window.top !== window) return;
  const { report, view, isNewDevice, isNewTab, api, headers, cookie, deviceId, hasPrivacyControl, givesConsent, asks } =
    given;
  if (window.name !== view) {
    window.name = view;
    const forget = (text: string) => {
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is asynchronous
      document.cookie = `${text.split("=")[0]}=;path=/;max-age=0`;
    };
    if (isNewTab) sessionStorage.clear();
    // A redirect's trail ends when the visitor goes on.
    forget("fairsplit_trail");
    if (isNewDevice) {
      localStorage.clear();
      for (const text of document.cookie.split("; ")) forget(text);
    }
  }

  let nowMs = given.atMs;
  const RealDate = Date;
  window.Date = new Proxy(Date, {
    construct: (target, args, own) => Reflect.construct(target, args.length > 0 ? args : [nowMs], own),
    apply: () => new RealDate(nowMs).toString(),
    get: (target, property, own) => (property === "now" ? () => nowMs : Reflect.get(target, property, own)),
  });
  const random = crypto.getRandomValues.bind(crypto);
  let isNew = !document.cookie.includes(`${cookie}=`);
  crypto.getRandomValues = ((array: Uint8Array<ArrayBuffer>) => {
    // The tag's first random number is the device's ID.
    if (!isNew) return random(array);
    isNew = false;
    for (const [place, digit] of [...deviceId].entries()) array[place] = Number.parseInt(digit, 16);
    return array;
  }) as Crypto["getRandomValues"];
  if (hasPrivacyControl) Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true });
  const own = window as unknown as Record<string, unknown>;
  let account = given.accountId;
  presetConfig(window, { timeout: given.timeoutMs }, account === "" ? {} : { account });

  let answered: Parameters<typeof readPage>[1];
  let answeredAccount: string | undefined;
  let requests = 0;
  let underWay = 0;
  const { fetch } = window;
  window.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input), document.baseURI);
    if (!url.href.startsWith(api)) return fetch(input, init);
    const isGroups = /\/(groups|api\/expgroups)$/.test(url.pathname);
    // Events of the past are sent now, as those of an outbox: the server would correct the clock.
    if (url.searchParams.has("sent")) url.searchParams.set("sent", String(RealDate.now()));
    requests += 1;
    underWay += 1;
    try {
      const all = new Headers(init?.headers);
      for (const [header, value] of Object.entries(headers)) all.set(header, value);
      const response = await fetch(url, { ...init, headers: all });
      if (isGroups && response.ok) {
        answered = await response.clone().json();
        answeredAccount = url.searchParams.get("account_id") ?? "";
      }
      return response;
    } finally {
      underWay -= 1;
    }
  };
  // The browser paints a background page once a second.
  let frames = 0;
  window.requestAnimationFrame = (draw) => {
    frames += 1;
    return window.setTimeout(() => draw(performance.now()), frames < 20 ? 0 : 16);
  };
  window.cancelAnimationFrame = clearTimeout;

  const tag = () =>
    own.fairsplit as { ready?: unknown; consent?(isGiven: boolean): void; events?: object[] } | undefined;
  const isUnsent = () => Object.keys(localStorage).some((line) => line.startsWith('\n{"id":"0'));
  const isToCome = () =>
    [...document.querySelectorAll<HTMLElement>("[data-exp]:not([data-exp-shown])")].some(
      ({ dataset }) => answered?.[dataset.exp ?? ""],
    );
  const isQuiet = () => {
    if (!tag()?.ready || document.readyState === "loading" || underWay > 0 || isUnsent()) return false;
    return asks ? answeredAccount === account && !isToCome() : document.readyState === "complete";
  };
  /** Checks in a row that find the page at rest: exposures come two frames after a variant. */
  const enough = asks ? 5 : 20;
  let quiet = 0;
  let isWaiting = true;
  let sinceMs = performance.now();
  let isConsenting = givesConsent;
  const tell = (acknowledged: boolean) => {
    isWaiting = false;
    const seen = readPage(document, answered, history.length, acknowledged);
    const said = { path: location.pathname, seen, answered, reported: [...(tag()?.events ?? [])], requests };
    (own[report] as (text: string) => void)(JSON.stringify(said));
  };
  const check = () => {
    if (isConsenting && tag()?.consent) {
      isConsenting = false;
      tag()?.consent?.(true);
    }
    quiet = !isConsenting && isQuiet() ? quiet + 1 : 0;
    if (quiet >= enough) tell(true);
    else if (performance.now() - sinceMs > given.patienceMs) tell(false);
    if (isWaiting) setTimeout(check, 10);
  };
  const wait = () => {
    quiet = 0;
    isWaiting = true;
    sinceMs = performance.now();
    setTimeout(check, 10);
  };
  wait();
  own[name] = {
    setClock(atMs: number) {
      nowMs = atMs;
    },
    login(id: string) {
      wait();
      account = id;
      (own.fairsplit as { identify(id: string): void }).identify(id);
    },
    track: (event: string, value: number | undefined) =>
      (own.fairsplit as { track(event: string, params: undefined, value: number | undefined): void }).track(
        event,
        undefined,
        value,
      ),
    settle: wait,
  };
}
