import { runInNewContext } from "node:vm";
import type { BrowserWindow } from "happy-dom";
import type { Answer } from "../connections.ts";
import { readPage, type Seen } from "../read-page.ts";
import { observePage } from "./page-observers.ts";
import type { TagProgram } from "./tag-program.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** Time after which a page is read, since its groups came or since a click: all is sent by then. */
const SETTLED_MS = 1500;
/** Names that each visitor has anew; all others are the window's. */
const OWN_GLOBALS = [
  "Date",
  "Math",
  "performance",
  "crypto",
  "fetch",
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "requestAnimationFrame",
  "cancelAnimationFrame",
  "MutationObserver",
  "location",
  "window",
] as const;

export interface TabOptions {
  readonly window: BrowserWindow;
  /** The tag's element in the page. */
  readonly script: HTMLScriptElement;
  readonly program: TagProgram;
  clearCookies(): void;
}

/** Cookies and storage of a visitor, which the next page of the visitor finds. */
export interface DomState {
  readonly cookie: string;
  readonly local: readonly (readonly [name: string, value: string])[];
  readonly session: readonly (readonly [name: string, value: string])[];
}

/** A visitor as far as the tag can see. */
export interface DomVisitor {
  readonly clock: VirtualClock;
  /** Fills an array with the visitor's randomness. */
  fill(bytes: Uint8Array<ArrayBuffer>): void;
  /** Randomness of delays. */
  random(): number;
  send(url: URL, method: "GET" | "POST", body?: string): Promise<Answer>;
  readonly state?: DomState | undefined;
  /** Account that the page names from the start. */
  readonly accountId?: string;
  readonly hasPrivacyControl?: boolean;
  /** Virtual time that the groups take. */
  readonly groupsAfterMs?: number;
}

/** A window with a page, which visitors use in turn. */
export interface DomTab {
  /** Runs the tag for a visitor. The view ends before the next one begins. */
  begin(visitor: DomVisitor): DomView;
}

/** A page view of one visitor. */
export interface DomView {
  /** Lets the page come to rest: nothing under way, and no timer due for a while. */
  settle(): Promise<void>;
  read(): Seen;
  /** True if the server has answered all events. */
  isAcknowledged(): boolean;
  /** The server's last answer. */
  answered(): Groups | undefined;
  /** Events that the tag has reported. */
  reported(): readonly Reported[];
  /** Address that the tag left for; null while it stays. */
  leftFor(): string | null;
  /** Clicks; resolves to the experiment of the placeholder around the element, or empty. */
  click(event: string, experiment?: string): string;
  /** Calls a method of `window.fairsplit`. */
  call(name: string, ...args: unknown[]): void;
  readonly errors: string[];
  /** Requests of the tag to the server. */
  requests(): number;
  /** Cookies and storage of the visitor's browser. */
  state(): DomState;
  /** Undoes everything that the visitor's tag did to the window. */
  end(): void;
}

export type Groups = NonNullable<Parameters<typeof readPage>[1]>;

export interface Reported {
  readonly event: string;
  readonly experiment?: string;
  readonly group?: string;
}

/** Names of a window's globals, those of the language left out. */
export function globalsOf(window: BrowserWindow): string[] {
  const names = new Set<string>(OWN_GLOBALS);
  for (let level: object | null = window; level && level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (!LANGUAGE.has(name)) names.add(name);
    }
  }
  return [...names].sort();
}

/** Names of the language, which the tag has from this process: all that a bare context has. */
const LANGUAGE = new Set<string>([
  "constructor",
  ...(runInNewContext("Object.getOwnPropertyNames(globalThis)") as string[]).filter((name) => name !== "Date"),
]);

export function openTab({ window, script, program, clearCookies }: TabOptions): DomTab {
  const document = window.document as unknown as Document;
  const origin = window.location.origin;
  const placeholders = [...document.querySelectorAll<HTMLElement>("[data-exp]")].filter(
    (each) => !each.parentElement?.closest("[data-exp]"),
  );
  const originals = placeholders.map((each) => each.cloneNode(true) as HTMLElement);
  const contents = placeholders.map((each) => [...each.childNodes]);
  const texts = placeholders.map((each) => each.outerHTML);
  const listeners = recordListeners([window as unknown as EventTarget, document]);
  Object.defineProperty(document, "currentScript", { value: script, configurable: true });
  const shared = program.globals.map((name) => (window as unknown as Record<string, unknown>)[name]);

  const observers = observePage(document, window.MutationObserver as unknown as typeof MutationObserver);
  const base = document.baseURI;
  const ownNames = placeholders.map((each) => new Set(Object.getOwnPropertyNames(each)));

  /**
   * Puts a placeholder's own nodes back where they are not: that takes less time than a copy. The
   * tag's other part gives it methods of its own.
   */
  const restore = (placeholder: HTMLElement, place: number) => {
    for (const name of Object.getOwnPropertyNames(placeholder)) {
      if (!ownNames[place]?.has(name)) delete (placeholder as unknown as Record<string, unknown>)[name];
    }
    const own = contents[place] ?? [];
    // The tag gives nodes that it has moved aside a `parentNode` of their own.
    for (const child of own) delete (child as { parentNode?: unknown }).parentNode;
    for (const child of [...placeholder.childNodes]) if (!own.includes(child)) placeholder.removeChild(child);
    let next: ChildNode | null = null;
    for (const child of own.toReversed()) {
      if (child.parentNode !== placeholder || child.nextSibling !== next) placeholder.insertBefore(child, next);
      next = child;
    }
    for (const { name } of [...placeholder.attributes]) {
      const original = originals[place]?.getAttribute(name) ?? null;
      if (original === null) placeholder.removeAttribute(name);
      else if (placeholder.getAttribute(name) !== original) placeholder.setAttribute(name, original);
    }
    return placeholder.outerHTML === texts[place];
  };
  const replace = (placeholder: HTMLElement, place: number) => {
    const fresh = originals[place]?.cloneNode(true) as HTMLElement;
    placeholder.replaceWith(fresh);
    placeholders[place] = fresh;
    contents[place] = [...fresh.childNodes];
    ownNames[place] = new Set(Object.getOwnPropertyNames(fresh));
  };

  /** Undoes everything that a visitor's tag did to the window: the next one must not inherit it. */
  const wipe = () => {
    listeners.remove();
    for (const [place, placeholder] of placeholders.entries()) {
      if (!restore(placeholder, place)) replace(placeholder, place);
    }
    window.localStorage.clear();
    window.sessionStorage.clear();
    clearCookies();
    observers.reset();
  };

  const begin = (visitor: DomVisitor): DomView => {
    const { clock, state, accountId = "", hasPrivacyControl = false, groupsAfterMs = 0 } = visitor;
    const errors: string[] = [];
    const own = Object.create(window) as Record<string, unknown>;
    let answered: Groups | undefined;
    let requests = 0;
    let unsent = 0;
    let underWay = 0;
    let leftFor: string | null = null;
    let hear: () => void = () => undefined;

    const fetch = async (input: string, init: { method?: string; body?: string } = {}) => {
      const url = new URL(String(input), base);
      const isEvents = /\/(events|notes)$/.test(url.pathname);
      const isGroups = /\/(groups|api\/expgroups)$/.test(url.pathname);
      requests += 1;
      underWay += 1;
      unsent += isEvents ? 1 : 0;
      try {
        const method = init.method === "POST" ? "POST" : "GET";
        const { status, text } = await visitor.send(url, method, init.body);
        const ok = status >= 200 && status < 300;
        if (!ok) errors.push(`${method} ${url.pathname} answered ${status}: ${text.slice(0, 200)}`);
        if (ok && isEvents) unsent -= 1;
        if (ok && isGroups) answered = JSON.parse(text);
        if (isGroups && groupsAfterMs > 0) await lateBy(groupsAfterMs);
        return { ok, status, json: async () => JSON.parse(text) as unknown, text: async () => text };
      } catch (error) {
        errors.push((error as Error).message);
        throw error;
      } finally {
        underWay -= 1;
        hear();
      }
    };
    /** Waits in virtual time, during which the page's timers run. */
    const lateBy = (durationMs: number) => {
      underWay -= 1;
      hear();
      return new Promise<void>((resolve) => {
        clock.setTimeout(() => {
          underWay += 1;
          resolve();
        }, durationMs);
      });
    };
    const leave = (url: string | URL) => {
      leftFor ??= new URL(String(url), base).href;
    };
    const { href, protocol, host, hostname, port, pathname, search, hash } = window.location;
    const ofVisitor: Record<(typeof OWN_GLOBALS)[number], unknown> = {
      Date: clock.Date,
      // Delays of the tag are random: their own stream leaves IDs as they are in other drivers.
      Math: Object.create(Math, { random: { value: visitor.random } }),
      performance: clock.performance,
      crypto: {
        getRandomValues<Bytes extends ArrayBufferView>(array: Bytes): Bytes {
          visitor.fill(new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength));
          return array;
        },
      },
      fetch,
      setTimeout: clock.setTimeout,
      clearTimeout: clock.clear,
      setInterval: clock.setInterval,
      clearInterval: clock.clear,
      requestAnimationFrame: clock.requestAnimationFrame,
      cancelAnimationFrame: clock.clear,
      MutationObserver: observers.Observer,
      // A window of the visitor's own, which the tag adds its names to.
      window: own,
      location: {
        ...{ href, origin, protocol, host, hostname, port, pathname, search, hash, assign: leave, replace: leave },
        toString: () => href,
      },
    };
    const globals = program.globals.map((name, place) =>
      Object.hasOwn(ofVisitor, name) ? ofVisitor[name as keyof typeof ofVisitor] : shared[place],
    );
    const load = async (url: string) => {
      const part = program.runPart(new URL(url, origin), globals);
      if (part === null) throw new Error(`${url} is no part of the tag`);
      return part;
    };
    const fairsplit = () => own.fairsplit as { events?: readonly Reported[] } & Record<string, unknown>;

    try {
      for (const cookie of state?.cookie ? state.cookie.split("; ") : []) document.cookie = `${cookie};path=/`;
      for (const [name, value] of state?.local ?? []) window.localStorage.setItem(name, value);
      for (const [name, value] of state?.session ?? []) window.sessionStorage.setItem(name, value);
      if (accountId !== "") own.fairsplitConfig = { account: accountId };
      if (hasPrivacyControl) {
        Object.defineProperty(window.navigator, "globalPrivacyControl", { value: true, configurable: true });
      }
      program.run(load, globals);
    } catch (error) {
      errors.push((error as Error).message);
    }
    return {
      errors,
      requests: () => requests,
      answered: () => answered,
      reported: () => fairsplit()?.events ?? [],
      leftFor: () => leftFor,
      read: () => readPage(document, answered, 1, unsent === 0),
      isAcknowledged: () => unsent === 0,
      async settle() {
        let untilMs = clock.now() + SETTLED_MS;
        while (leftFor === null || underWay > 0) {
          await new Promise(setImmediate);
          if (underWay > 0) {
            await new Promise<void>((resolve) => {
              hear = resolve;
            });
            untilMs = clock.now() + SETTLED_MS;
          } else if (!clock.runNext(untilMs)) return;
        }
      },
      click: (event, experiment) => clickOn(document, event, experiment),
      call(name, ...args) {
        (fairsplit()[name] as (...given: unknown[]) => unknown)(...args);
      },
      state: () => ({
        cookie: document.cookie,
        local: entriesOf(window.localStorage),
        session: entriesOf(window.sessionStorage),
      }),
      end() {
        if (hasPrivacyControl) delete (window.navigator as { globalPrivacyControl?: unknown }).globalPrivacyControl;
        wipe();
      },
    };
  };
  return { begin };
}

function entriesOf(storage: Pick<Storage, "length" | "key" | "getItem">): DomState["local"] {
  return Array.from({ length: storage.length }, (_, place) => {
    const name = storage.key(place) ?? "";
    return [name, storage.getItem(name) ?? ""] as const;
  });
}

/** Records the listeners of targets that stay, so that they can be removed. */
function recordListeners(targets: readonly EventTarget[]): { remove(): void } {
  let added: (() => void)[] = [];
  for (const target of targets) {
    const add = target.addEventListener.bind(target);
    target.addEventListener = (...given: Parameters<EventTarget["addEventListener"]>) => {
      add(...given);
      added.push(() => target.removeEventListener(...given));
    };
  }
  return {
    remove() {
      for (const undo of added) undo();
      added = [];
    },
  };
}

/** Clicks on the first element for an event; returns the experiment of its placeholder. */
function clickOn(document: Document, event: string, experiment?: string): string {
  const around = (each: HTMLElement) => each.closest<HTMLElement>("[data-exp]")?.dataset.exp ?? "";
  const element = [...document.querySelectorAll<HTMLElement>("[data-exp-click]")].find(
    (each) => each.dataset.expClick === event && (experiment === undefined || around(each) === experiment),
  );
  if (!element) throw new Error(`there is nothing to click for ${event}${experiment ? ` in ${experiment}` : ""}`);
  element.click();
  return around(element);
}
