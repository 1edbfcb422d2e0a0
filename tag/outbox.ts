import { eventText } from "./event-text.ts";
import { uuidv7 } from "./random.ts";
import { area, clearStorage, keep, LINE_START, openStorage } from "./storage.ts";

/** Events of one moment go together. */
const GATHER_MS = 30;
const FIRST_RETRY_MS = 400;
const LONGEST_RETRY_MS = 60_000;
/**
 * Of a request: at most 16 KiB, because a browser lets 64 KiB be on their way from pages that are
 * left. A character has at most 3 bytes.
 */
const MOST_CHARACTERS = 5400;
const MOST_WAITING = 200;
const MOST_WAITING_CHARACTERS = 65_536;
/** Lines of other pages that are open are theirs to send; those that are older were left behind. */
const LEFT_BEHIND_MS = 100_000;

/**
 * Lines of JSON, an event each, in the order in which they came. Those on their way are not among
 * them.
 */
let waiting: string[] = [];
let delayMs = GATHER_MS;
let isDue: boolean | undefined;
/** Events that waited too long behind others. */
let lost: number | undefined;
/** Where events go, if anywhere. */
export let url: string | undefined;

/**
 * Keeps an event until the server has it. One that is held goes with the next `flush`, at the
 * latest.
 */
export function add(event: object, isHeld?: boolean): void {
  const line = `\n${eventText({ id: uuidv7(), ts: new Date().toISOString(), ...event, lost })}`;
  waiting.push(line);
  keep(line, "");
  while (waiting[MOST_WAITING] || `${waiting}`.length > MOST_WAITING_CHARACTERS) {
    keep(waiting.shift() as string);
    lost = (lost ?? 0) + 1;
  }
  isHeld || later();
}

/**
 * From now on events go to an address: those that wait, those that pages before left behind, and
 * those that come.
 */
export function openOutbox(to: string): void {
  url = to;
  openStorage();
  for (const line of waiting) keep(line, "");
  adopt();
}

/** From now on nothing goes anywhere, and nothing is kept. */
export function closeOutbox(): void {
  waiting = [];
  url = "";
  clearStorage();
}

/** Sends all that waits: the page may be left, or what was held for is there. */
export function flush(): void {
  while (url && waiting[0]) send();
}

/** Events of this browser that the server has not taken yet, those on their way included. */
export const unsent = () => Object.keys(area).filter((line) => line.startsWith(LINE_START));

/** Sends what a page before left behind. */
export function resend(lines: readonly string[]): void {
  for (const line of lines) {
    if (waiting.includes(line)) continue;
    waiting.push(line);
    keep(line, "");
    later();
  }
}

function adopt(): void {
  setTimeout(adopt, LEFT_BEHIND_MS);
  const since = LINE_START + (Date.now() - LEFT_BEHIND_MS).toString(16);
  resend(unsent().filter((line) => line < since));
}

function later(): void {
  if (isDue) return;
  isDue = true;
  setTimeout(
    () => {
      isDue = false;
      send();
    },
    delayMs * (0.5 + Math.random()),
  );
}

async function send(): Promise<void> {
  const batch: string[] = [];
  while (url && waiting[0] && (!batch[0] || `${batch}${waiting[0]}`.length < MOST_CHARACTERS)) {
    batch.push(waiting.shift() as string);
  }
  if (!batch[0]) return;
  const body = `[${batch}]`;
  // By the tag's own clock the server tells how wrong the clock of the events is.
  const to = `${url}?sent=${Date.now()}`;
  let isRefused = true;
  try {
    // A string is text/plain, which crosses origins without a preflight.
    const response = await fetch(to, { method: "POST", body, keepalive: true });
    // An answer that nobody reads keeps its connection, of which a browser has six per host.
    await response.text();
    // Other 4xx will never become a 2xx.
    isRefused = /^5|408|42[59]/.test(`${response.status}`);
  } catch {
    // A page's own fetch may fail before this function has left the loop that called it, which then
    // would never end.
    await null;
    if (url && document.hidden) navigator.sendBeacon(to, body);
  }
  // Not what was taken back meanwhile.
  if (url && isRefused) {
    waiting.unshift(...batch);
    delayMs = Math.min(delayMs * 2 + FIRST_RETRY_MS, LONGEST_RETRY_MS);
    later();
  } else {
    for (const line of batch) keep(line);
    delayMs = GATHER_MS;
    send();
  }
}
