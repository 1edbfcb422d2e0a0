import { uuidv7 } from "./random.ts";

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;
/** The server takes at most this many at once. */
const MOST_EVENTS = 100;
/** The server takes 64 KiB at once, and `fetch` with `keepalive` 64 KiB in flight: beyond that it fails without being sent. */
const MOST_BYTES = 60_000;

/** What a page says of an event; the outbox adds id, time, device and path. */
export interface Message {
  readonly event: string;
  readonly experiment?: string | undefined;
  readonly group?: string | undefined;
  readonly epoch?: number | undefined;
  readonly params?: unknown;
}

export interface Outbox {
  /** Keeps an event until the server has it. */
  add(message: Message): void;
  /** Lets events go: at once, and from then on shortly after each is added. Those of a preview go nowhere. */
  open(isPreview?: boolean): void;
}

/**
 * Sends events to `url` in batches, each until the server has stored it. `fetch` with `keepalive` outlives the page; a
 * string body is `text/plain`, which crosses origins without a preflight.
 */
export function createOutbox(url: string, device: string): Outbox {
  /** Events as JSON. */
  let waiting: string[] = [];
  let isOpen = false;
  let isClosed: boolean | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let retryMs = FIRST_RETRY_MS;

  const send = () => {
    clearTimeout(timer);
    timer = undefined;
    let bytes = 0;
    const tooMany = waiting.findIndex((event, count) => {
      bytes += byteLength(event);
      return count === MOST_EVENTS || bytes > MOST_BYTES;
    });
    const batch = waiting.splice(0, tooMany < 0 ? MOST_EVENTS : tooMany);
    if (isClosed || !batch[0]) return;
    const again = () => {
      waiting = [...batch, ...waiting];
      timer ??= setTimeout(send, retryMs);
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    };
    fetch(url, { method: "POST", body: `[${batch}]`, keepalive: true, credentials: "omit" }).then((response) => {
      // An answer that nobody reads keeps its connection, of which a browser has six per host.
      response.text().catch(() => undefined);
      // 4xx other than these will never become a 2xx.
      if (/^5|408|42[59]/.test(`${response.status}`)) return again();
      retryMs = FIRST_RETRY_MS;
      if (waiting[0]) send();
    }, again);
  };

  addEventListener("pagehide", send);
  addEventListener("visibilitychange", () => document.hidden && send());

  return {
    add(message) {
      const event = JSON.stringify({
        id: uuidv7(),
        ts: new Date().toISOString(),
        deviceId: device,
        path: location.pathname,
        ...message,
      });
      // One that never gets through would hold up all that follow.
      if (byteLength(event) <= MOST_BYTES) waiting.push(event);
      if (isOpen) timer ??= setTimeout(send);
    },
    open(isPreview) {
      isClosed = isPreview;
      isOpen = true;
      send();
    },
  };
}

function byteLength(text: string): number {
  return new Blob([text]).size;
}
