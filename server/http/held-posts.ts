/** Longest time that a request should be held. */
const MAX_HELD_MS = 1000;
/** Requests held while it is not known yet how many are served in that time. */
const MIN_HELD = 64;
/** Bytes that were read of held requests, all together. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

interface Options {
  /** Whether a post that comes now would be served. */
  readonly hasRoom: () => boolean;
  /** Serves the requests that come while `release` runs. */
  readonly admit: (release: () => void) => void;
  readonly now?: () => number;
  /** Calls back in the next turn of the event loop. */
  readonly inNextTurn?: (callback: () => void) => unknown;
}

interface Held {
  readonly bytes: number;
  readonly since: number;
  readonly release: () => void;
}

/**
 * Posts that wait on their connections, first come, first served, until there is room for them: no
 * more of a connection is read meanwhile. Clients that were turned away and ask again at once would
 * otherwise take a part of the processor that grows with their number, while none is sure to be
 * served. As many are held as were released in the last second, so that none waits for much longer.
 */
export class HeldPosts {
  readonly #hasRoom: () => boolean;
  readonly #admit: (release: () => void) => void;
  readonly #now: () => number;
  readonly #inNextTurn: (callback: () => void) => unknown;
  /** Held requests from `#head` on. */
  #queue: Held[] = [];
  #head = 0;
  #bytes = 0;
  /** Requests released since a second began, and in the second before. */
  #released = 0;
  #releasedBefore = 0;
  #secondStart = Number.NEGATIVE_INFINITY;

  constructor({ hasRoom, admit, now = () => performance.now(), inNextTurn = setImmediate }: Options) {
    this.#hasRoom = hasRoom;
    this.#admit = admit;
    this.#now = now;
    this.#inNextTurn = inNextTurn;
  }

  /**
   * Holds a request; false when it can be served now, or when those that are held would make it
   * wait for too long.
   *
   * @param bytes read of the request so far
   * @param release called once, when it is to be read on
   */
  hold(bytes: number, release: () => void): boolean {
    const waiting = this.#queue.length - this.#head;
    if (waiting === 0 && this.#hasRoom()) return false;
    if (waiting >= this.#most() || this.#bytes + bytes > MAX_HELD_BYTES) return false;
    this.#queue.push({ bytes, since: this.#now(), release });
    this.#bytes += bytes;
    if (waiting === 0) this.#inNextTurn(() => this.#turn());
    return true;
  }

  #most(): number {
    this.#countSecond();
    return Math.max(MIN_HELD, this.#released, this.#releasedBefore);
  }

  #countSecond(): void {
    const time = this.#now();
    if (time - this.#secondStart < MAX_HELD_MS) return;
    this.#releasedBefore = time - this.#secondStart < 2 * MAX_HELD_MS ? this.#released : 0;
    this.#released = 0;
    this.#secondStart = time;
  }

  #turn(): void {
    this.#countSecond();
    for (let first = this.#queue[this.#head]; first; first = this.#queue[this.#head]) {
      const hasRoom = this.#hasRoom();
      if (!hasRoom && this.#now() - first.since < 2 * MAX_HELD_MS) break;
      this.#head += 1;
      this.#bytes -= first.bytes;
      this.#released += 1;
      // One that waits for too long without room is turned away.
      if (hasRoom) this.#admit(first.release);
      else first.release();
    }
    if (this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    if (this.#queue.length > 0) this.#inNextTurn(() => this.#turn());
  }
}
