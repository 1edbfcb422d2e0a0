import { boundedText, MAX_EVENT_LENGTH } from "./bounded-text.ts";
import { eventId } from "./event-id.ts";
import { area, closeStorage, keep, LINE_START, openStorage } from "./storage.ts";

/** Events within this time are sent together. */
const GATHER_MS = 30;
const FIRST_RETRY_MS = 400;
const MAX_RETRY_MS = 60_000;
/**
 * Maximum characters of a request, of 3 bytes at most: 16 KiB, because a browser allows 64 KiB in
 * flight for pages that are left.
 */
const MAX_CHARACTERS = 5400;
const MAX_WAITING = 200;
const MAX_WAITING_CHARACTERS = 65_536;
/** Age from which stored lines were left behind; younger ones are sent by their own open page. */
const LEFT_BEHIND_MS = 100_000;

/** Unsent lines of JSON, an event each, in order of arrival. Lines in flight are not included. */
let waiting: string[] = [];
let delayMs = GATHER_MS;
/** Time that the server asked to wait for. */
let askedMs = 0;
let isDue: boolean | undefined;
/** Number of events dropped from a full queue. */
let lost: number | undefined;
/** URL for events; undefined while nothing may be sent. */
export let url: string | undefined;

/**
 * Keeps an event until the server has it. A held event is sent with the next `flush` at the latest.
 */
export function add(event: object, isHeld?: boolean): void {
  queue(`\n${boundedText({ id: eventId(), ts: new Date(), ...event, lost })}`);
  isHeld || later();
}

function queue(line: string): void {
  waiting.push(line);
  keep(line, "");
  while (waiting[MAX_WAITING] || `${waiting}`.length > MAX_WAITING_CHARACTERS) {
    keep(waiting.shift() as string);
    lost = (lost ?? 0) + 1;
  }
}

/**
 * Opens the outbox: sends waiting events, those left behind by earlier pages, and all later ones.
 */
export function openOutbox(to: string): void {
  url = to;
  openStorage();
  for (const line of waiting) keep(line, "");
  adopt();
}

/** Closes the outbox: nothing is sent or stored any more. What is stored stays. */
export function closeOutbox(): void {
  waiting = [];
  url = "";
  closeStorage();
}

/**
 * Sends all waiting events: the page may be left, or the exposures that they waited for are there.
 */
export function flush(): void {
  while (url && waiting[0]) send();
}

/** Events of this browser that the server has not accepted yet, including those in flight. */
export const unsent = () => Object.keys(area).filter((line) => line.startsWith(LINE_START));

/** Sends events that an earlier page left behind, or that the first part could not send. */
export function resend(lines: readonly string[]): void {
  for (const line of lines) {
    if (waiting.includes(line)) continue;
    queueBounded(line);
    later();
  }
}

/** Takes the unsent events of the first part, which has no limits. */
export function takeWaiting(lines: readonly string[], isHeld: boolean): void {
  for (const line of lines) queueBounded(line);
  isHeld || (waiting[0] && later());
}

function queueBounded(line: string): void {
  if (line.length > MAX_EVENT_LENGTH) {
    keep(line);
    queue(`\n${boundedText(JSON.parse(line))}`);
  } else queue(line);
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
    askedMs + delayMs * (0.5 + Math.random()),
  );
}

async function send(): Promise<void> {
  const batch: string[] = [];
  while (url && waiting[0] && (!batch[0] || `${batch}${waiting[0]}`.length < MAX_CHARACTERS)) {
    batch.push(waiting.shift() as string);
  }
  if (!batch[0]) return;
  const body = `[${batch}]`;
  // The sending time lets the server correct the clock of the events.
  const to = `${url}?sent=${Date.now()}`;
  let mustRetry = true;
  try {
    // A string is text/plain, which crosses origins without a preflight.
    const response = await fetch(to, { method: "POST", body, keepalive: true });
    // Read the answer: an unread one keeps its connection, of which a browser has six per host.
    await response.text();
    // Do not retry other 4xx: they will never succeed.
    mustRetry = /^5|408|42[59]/.test(`${response.status}`);
    // Zero for a date, and for an answer without it.
    askedMs = Math.min(1000 * (response.headers.get("retry-after") as never) || 0, MAX_RETRY_MS);
  } catch {
    // Yield: a page's own fetch may throw synchronously, and the calling loop would never end.
    await null;
    if (url && document.hidden) navigator.sendBeacon(to, body);
  }
  // Keep nothing if consent was withdrawn meanwhile.
  if (url && mustRetry) {
    waiting.unshift(...batch);
    delayMs = Math.min(delayMs * 2 + FIRST_RETRY_MS, MAX_RETRY_MS);
    later();
  } else {
    for (const line of batch) keep(line);
    delayMs = GATHER_MS;
    send();
  }
}
