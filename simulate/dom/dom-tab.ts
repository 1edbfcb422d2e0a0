import { runInNewContext } from "node:vm";
import type { BrowserWindow } from "happy-dom";
import type { Connections } from "../connections.ts";
import type { Click, Decide, Visit } from "../driver.ts";
import { readPage } from "../read-page.ts";
import { seedWords } from "../seed.ts";
import { sfc32 } from "../sfc32.ts";
import type { TagProgram } from "./tag-program.ts";
import { VirtualClock } from "./virtual-clock.ts";

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
] as const;

export interface TabOptions {
  readonly window: BrowserWindow;
  /** The tag's element in the page. */
  readonly script: HTMLScriptElement;
  readonly program: TagProgram;
  readonly seed: string;
  connectionsTo(origin: string): Connections;
  clearCookies(): void;
}

/** A window with a page, which visitors use in turn. */
export interface DomTab {
  visit(index: number, decide: Decide): Promise<Visit>;
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

export function openTab({ window, script, program, seed, connectionsTo, clearCookies }: TabOptions): DomTab {
  const document = window.document as unknown as Document;
  const origin = window.location.origin;
  const placeholders = [...document.querySelectorAll<HTMLElement>("[data-exp]")].filter(
    (each) => !each.parentElement?.closest("[data-exp]"),
  );
  const originals = placeholders.map((each) => each.cloneNode(true) as HTMLElement);
  const contents = placeholders.map((each) => [...each.childNodes]);
  const texts = placeholders.map((each) => each.outerHTML);
  const names = new Set(Object.getOwnPropertyNames(window));
  const listeners = recordListeners([window as unknown as EventTarget, document]);
  Object.defineProperty(document, "currentScript", { value: script, configurable: true });
  const shared = program.globals.map((name) => (window as unknown as Record<string, unknown>)[name]);

  /** Puts a placeholder's own nodes back: that takes a fifth of the time of a copy. */
  const restore = (placeholder: HTMLElement, place: number) => {
    placeholder.replaceChildren(...(contents[place] ?? []));
    for (const { name } of [...placeholder.attributes]) {
      const original = originals[place]?.getAttribute(name) ?? null;
      if (original === null) placeholder.removeAttribute(name);
      else placeholder.setAttribute(name, original);
    }
    return placeholder.outerHTML === texts[place];
  };
  const replace = (placeholder: HTMLElement, place: number) => {
    const fresh = originals[place]?.cloneNode(true) as HTMLElement;
    placeholder.replaceWith(fresh);
    placeholders[place] = fresh;
    contents[place] = [...fresh.childNodes];
  };

  /**
   * Undoes everything that a visitor's tag did to the window: the next one must not inherit it.
   *
   * @param isChanged whether elements may have got more than content and attributes
   */
  const wipe = (isChanged: boolean) => {
    listeners.remove();
    for (const [place, placeholder] of placeholders.entries()) {
      if (isChanged || !restore(placeholder, place)) replace(placeholder, place);
    }
    window.localStorage.clear();
    window.sessionStorage.clear();
    clearCookies();
    for (const name of Object.getOwnPropertyNames(window)) {
      if (!names.has(name)) delete (window as unknown as Record<string, unknown>)[name];
    }
  };

  return {
    async visit(index, decide) {
      const errors: string[] = [];
      const clock = new VirtualClock(Date.now());
      const observers: MutationObserver[] = [];
      const random = sfc32(seedWords(seed, index));
      const delays = sfc32(seedWords(`${seed}:delays`, index));
      let answered: Parameters<typeof readPage>[1];
      let unsent = 0;
      let hasMore = false;
      let underWay = 0;
      let hear: () => void = () => undefined;

      const fetch = async (input: string, init: { method?: string; body?: string } = {}) => {
        const url = new URL(String(input), document.baseURI);
        const isEvents = /\/(events|notes)$/.test(url.pathname);
        underWay += 1;
        unsent += isEvents ? 1 : 0;
        try {
          const method = init.method === "POST" ? "POST" : "GET";
          const { status, text } = await connectionsTo(url.origin).send(method, url.pathname + url.search, init.body);
          const ok = status >= 200 && status < 300;
          if (!ok) errors.push(`${method} ${url.pathname} answered ${status}: ${text.slice(0, 200)}`);
          if (ok && isEvents) unsent -= 1;
          if (ok && /\/(groups|api\/expgroups)$/.test(url.pathname)) answered = JSON.parse(text);
          return { ok, status, json: async () => JSON.parse(text) as unknown, text: async () => text };
        } catch (error) {
          errors.push((error as Error).message);
          throw error;
        } finally {
          underWay -= 1;
          hear();
        }
      };
      class Observer extends (window.MutationObserver as unknown as typeof MutationObserver) {
        constructor(back: MutationCallback) {
          super(back);
          observers.push(this);
        }
      }
      const own: Record<(typeof OWN_GLOBALS)[number], unknown> = {
        Date: clock.Date,
        // Delays of the tag are random: their own stream leaves IDs as they are in other drivers.
        Math: Object.create(Math, { random: { value: () => delays() / 2 ** 32 } }),
        performance: clock.performance,
        crypto: { getRandomValues: <Bytes extends ArrayBufferView>(array: Bytes) => filled(array, random) },
        fetch,
        setTimeout: clock.setTimeout,
        clearTimeout: clock.clear,
        setInterval: clock.setInterval,
        clearInterval: clock.clear,
        requestAnimationFrame: clock.requestAnimationFrame,
        cancelAnimationFrame: clock.clear,
        MutationObserver: Observer,
      };
      const globals = program.globals.map((name, place) =>
        Object.hasOwn(own, name) ? own[name as keyof typeof own] : shared[place],
      );
      const load = async (url: string) => {
        hasMore = true;
        const part = program.runPart(new URL(url, origin), globals);
        if (part === null) throw new Error(`${url} is no part of the tag`);
        return part;
      };

      /** Lets the page come to rest: nothing under way, and no timer due for a while. */
      const settle = async () => {
        let untilMs = clock.now() + SETTLED_MS;
        for (;;) {
          await new Promise(setImmediate);
          if (underWay > 0) {
            await new Promise<void>((resolve) => {
              hear = resolve;
            });
            untilMs = clock.now() + SETTLED_MS;
          } else if (!clock.runNext(untilMs)) return;
        }
      };

      try {
        program.run(load, globals);
        await settle();
        const seen = readPage(document, answered, 1, true);
        const clicks = decide(seen);
        for (const click of clicks) {
          clickOn(document, click);
          await settle();
        }
        return { index, seen: { ...seen, acknowledged: unsent === 0 }, clicks, errors };
      } catch (error) {
        return { index, seen: null, clicks: [], errors: [...errors, (error as Error).message] };
      } finally {
        for (const observer of observers) observer.disconnect();
        wipe(hasMore);
      }
    },
  };
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

function filled<Bytes extends ArrayBufferView>(array: Bytes, random: () => number): Bytes {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (let place = 0; place < bytes.length; place += 1) bytes[place] = random() >>> 24;
  return array;
}

function clickOn(document: Document, { experiment, event }: Click): void {
  const element = [...document.querySelectorAll<HTMLElement>("[data-exp-click]")].find(
    (each) =>
      each.dataset.expClick === event && (each.closest<HTMLElement>("[data-exp]")?.dataset.exp ?? "") === experiment,
  );
  if (!element) throw new Error(`there is nothing to click for ${event}${experiment && ` in ${experiment}`}`);
  element.click();
}
