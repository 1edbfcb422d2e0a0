import type { Event } from "../../core/event.ts";

/** Events of some hundred visits; older ones go. Arbitrary. */
const MAX_HEARD_EVENTS = 5000;
const MAX_HEARD_CHARACTERS = 4 * 1024 * 1024;

interface Heard {
  readonly deviceId: string;
  readonly text: string;
}

/**
 * Events of rehearsals, as they would have been stored: the latest ones, each once, in memory only.
 * They are in no file, no count and no result.
 */
export class HeardEvents {
  /** By their IDs, oldest first. */
  readonly #heard = new Map<string, Heard>();
  #characters = 0;

  /** An event whose ID was heard before is dropped: the tag sends again what may be lost. */
  add(id: string, heard: Heard): void {
    if (this.#heard.has(id)) return;
    this.#heard.set(id, heard);
    this.#characters += heard.text.length;
    for (const [oldest, { text }] of this.#heard) {
      if (this.#heard.size <= MAX_HEARD_EVENTS && this.#characters <= MAX_HEARD_CHARACTERS) return;
      this.#heard.delete(oldest);
      this.#characters -= text.length;
    }
  }

  /** Events whose device passes a test, oldest first. */
  of(isAsked: (deviceId: string) => boolean): Event[] {
    const asked = [...this.#heard.values()].filter(({ deviceId }) => isAsked(deviceId));
    return asked.map(({ text }) => JSON.parse(text) as Event);
  }
}
