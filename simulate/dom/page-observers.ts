/**
 * Observers of a page's document, of whoever has the page now. Happy-dom visits each node to begin
 * and to end an observation: here one of its observers stays, and hands out what it hears.
 */
export interface PageObservers {
  /** Constructor that is `MutationObserver` to the page's scripts. */
  readonly Observer: typeof MutationObserver;
  /** Ends all observations, and forgets what was heard. */
  reset(): void;
}

/** @param Own happy-dom's, which observes all but the document */
export function observePage(document: Document, Own: typeof MutationObserver): PageObservers {
  let observers: Observer[] = [];
  let isDue = false;
  const collect = (records: readonly MutationRecord[]) => {
    for (const observer of observers) observer.hear(records);
    if (isDue || observers.every(({ heard }) => heard.length === 0)) return;
    isDue = true;
    queueMicrotask(deliver);
  };
  const deliver = () => {
    isDue = false;
    for (const observer of observers) observer.deliver();
  };
  const whole = new Own((records) => {
    for (const observer of observers) observer.hear(records);
    deliver();
  });
  whole.observe(document, { childList: true, subtree: true, attributes: true, characterData: true });

  class Observer implements MutationObserver {
    heard: MutationRecord[] = [];
    #options: MutationObserverInit | null = null;
    #others: MutationObserver | null = null;
    readonly #back: MutationCallback;

    constructor(back: MutationCallback) {
      this.#back = back;
      observers.push(this);
    }

    observe(target: Node, options: MutationObserverInit = {}) {
      if (target !== document) {
        this.#others ??= new Own((records) => this.#back(records, this));
        this.#others.observe(target, options);
        return;
      }
      // Nothing from before is heard.
      collect(whole.takeRecords());
      this.#options = options;
    }

    disconnect() {
      this.#others?.disconnect();
      this.#options = null;
      this.heard = [];
    }

    takeRecords(): MutationRecord[] {
      collect(whole.takeRecords());
      const heard = [...this.heard, ...(this.#others?.takeRecords() ?? [])];
      this.heard = [];
      return heard;
    }

    hear(records: readonly MutationRecord[]) {
      const options = this.#options;
      if (options) this.heard.push(...records.filter((record) => isAskedFor(record, options, document)));
    }

    deliver() {
      const { heard } = this;
      if (heard.length === 0) return;
      this.heard = [];
      this.#back(heard, this);
    }
  }

  return {
    Observer,
    reset() {
      for (const observer of observers) observer.disconnect();
      observers = [];
      whole.takeRecords();
    },
  };
}

function isAskedFor(
  { type, target, attributeName }: MutationRecord,
  { childList, attributes, attributeFilter, characterData, subtree }: MutationObserverInit,
  root: Node,
): boolean {
  if (!subtree && target !== root) return false;
  if (type === "childList") return childList === true;
  if (type === "characterData") return characterData === true;
  return attributeFilter ? attributeFilter.includes(attributeName ?? "") : attributes === true;
}
