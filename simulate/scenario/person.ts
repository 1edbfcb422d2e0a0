import { HOURLY } from "../../core/hours-of-day.ts";
import { logNormal } from "../../core/log-normal.ts";
import type { Random } from "../../core/random-streams.ts";
import { weightedChoice } from "../../core/weighted-choice.ts";
import type { Scenario } from "./scenario.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Visits of one person beyond this are cut: with 90 % returning, of 1 person in 40,000. */
const MAX_VISITS = 100;

/** One visit of a person. */
export interface PlannedVisit {
  /** Milliseconds since the scenario's first day began. */
  readonly atMs: number;
  readonly deviceId: string;
  /** Place of the device among the person's, from 0: it stays when the cookie is lost. */
  readonly device: number;
  readonly isSlow: boolean;
  readonly isBounce: boolean;
}

/** A person of a scenario, as far as no group changes it. */
export interface Person {
  /** `unasked` gives no consent, `private` has Global Privacy Control: both send nothing. */
  readonly kind: "visitor" | "bot" | "unasked" | "private";
  readonly accountId: string;
  readonly visits: readonly PlannedVisit[];
}

const hourOf = weightedChoice(HOURLY.map((share, hour) => [hour, share] as const));

/** Draws a person from their own stream. */
export function planPerson({ days, visitors }: Scenario, random: Random): Person {
  const accountId = `account-${hex(random)}`;
  const kind =
    random() < visitors.bots
      ? "bot"
      : random() >= visitors.consent
        ? "unasked"
        : random() < visitors.privacyControl
          ? "private"
          : "visitor";
  const losesCookie = random() < (visitors.cookieLost?.share ?? 0);
  const devices: { id: string; lastMs: number }[] = [{ id: hex(random), lastMs: 0 }];
  if (random() < visitors.secondDevice) devices.push({ id: hex(random), lastMs: 0 });
  const visits: PlannedVisit[] = [];
  let atMs = firstVisit(days, visitors.hours, random);
  while (visits.length < MAX_VISITS && atMs < days * DAY_MS) {
    const place = Math.floor(random() * devices.length);
    const device = devices[place] as (typeof devices)[number];
    const isForgotten = losesCookie && device.lastMs > 0 && atMs - device.lastMs > (visitors.cookieLost?.after ?? 0);
    if (isForgotten) device.id = hex(random);
    device.lastMs = atMs;
    visits.push({
      atMs,
      deviceId: device.id,
      device: place,
      isSlow: random() < visitors.slow,
      isBounce: random() < visitors.bounce,
    });
    if (random() >= (visitors.returning?.share ?? 0)) break;
    // An hour at least: visits of one person never overlap.
    atMs += HOUR_MS + logNormal(visitors.returning?.after ?? 0, visitors.returning?.sigma ?? 0, random);
  }
  return { kind, accountId, visits };
}

function firstVisit(days: number, hours: "day" | "even", random: Random): number {
  const day = Math.floor(random() * days);
  const hour = hours === "day" ? hourOf(random()) : Math.floor(random() * 24);
  return Math.floor(day * DAY_MS + (hour + random()) * HOUR_MS);
}

/** 128 random bits in hexadecimal: a device ID of the tag's form. */
function hex(random: Random): string {
  return Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join("");
}
