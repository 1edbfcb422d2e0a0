import type { Event } from "../../core/event.ts";

/** Events of some hundred visits; older ones go. Arbitrary. */
const MAX_HEARD_EVENTS = 5000;
const MAX_HEARD_CHARACTERS = 4 * 1024 * 1024;

/**
 * Events of rehearsals, as they would have been stored: the latest ones, in memory only. They are
 * in no file, no count and no result.
 */
export class HeardEvents {
  readonly #heard: { readonly deviceId: string; readonly text: string }[] = [];
  #characters = 0;

  add(deviceId: string, text: string): void {
    this.#heard.push({ deviceId, text });
    this.#characters += text.length;
    while (this.#heard.length > MAX_HEARD_EVENTS || this.#characters > MAX_HEARD_CHARACTERS) {
      this.#characters -= this.#heard.shift()?.text.length ?? 0;
    }
  }

  /** Events whose device passes a test, oldest first. */
  of(isAsked: (deviceId: string) => boolean): Event[] {
    return this.#heard.filter(({ deviceId }) => isAsked(deviceId)).map(({ text }) => JSON.parse(text) as Event);
  }
}
