import { HOURLY } from "../../core/hours-of-day.ts";
import type { Random } from "../../core/random-streams.ts";
import { weightedChoice } from "../../core/weighted-choice.ts";
import { HOUR_MS, orderByTime } from "./order-by-time.ts";

const DAY_MS = 24 * HOUR_MS;

/** Visits of all visitors in the order of their start times. */
export interface Visits {
  readonly count: number;
  /** Start of each visit in whole milliseconds since the start of the log. */
  readonly startMs: Float64Array;
  /** Index of the visitor of each visit. */
  readonly visitor: Uint32Array;
}

export interface ArrivalOptions {
  readonly visitors: number;
  readonly days: number;
  /** Probability that a visit is followed by another one of the same visitor; from 0, below 1. */
  readonly returning: number;
}

const hourOf = weightedChoice(HOURLY.map((share, hour) => [hour, share] as const));
const timeOn = (day: number, random: Random) => Math.floor(day * DAY_MS + (hourOf(random()) + random()) * HOUR_MS);

/**
 * Draws the start times of each visitor's visits. Each visit is equally likely on any day, so that
 * none falls after the last day. `streamOf` gives a visitor's own stream.
 */
export function drawVisits(
  { visitors, days, returning }: ArrivalOptions,
  streamOf: (visitor: number) => Random,
): Visits {
  let capacity = Math.ceil(visitors * (1 + 2 * returning)) + 16;
  let startMs = new Float64Array(capacity);
  let visitor = new Uint32Array(capacity);
  let count = 0;
  for (let index = 0; index < visitors; index += 1) {
    const random = streamOf(index);
    const first = count;
    do {
      if (count === capacity) {
        capacity *= 2;
        startMs = grown(startMs, new Float64Array(capacity));
        visitor = grown(visitor, new Uint32Array(capacity));
      }
      startMs[count] = timeOn(Math.floor(random() * days), random);
      visitor[count] = index;
      count += 1;
    } while (random() < returning);
    if (count > first + 1) separate(startMs.subarray(first, count));
  }
  return inOrder(count, startMs, visitor);
}

/** Sorts one visitor's visits and separates them by an hour, so that none overlap. */
function separate(startMs: Float64Array): void {
  startMs.sort();
  for (let index = 1; index < startMs.length; index += 1) {
    startMs[index] = Math.max(startMs[index] as number, (startMs[index - 1] as number) + HOUR_MS);
  }
}

function grown<Numbers extends Float64Array | Uint32Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}

function inOrder(count: number, startMs: Float64Array, visitor: Uint32Array): Visits {
  const order = orderByTime(startMs.subarray(0, count));
  const sorted = { count, startMs: new Float64Array(count), visitor: new Uint32Array(count) };
  for (let place = 0; place < count; place += 1) {
    const index = order[place] as number;
    sorted.startMs[place] = startMs[index] as number;
    sorted.visitor[place] = visitor[index] as number;
  }
  return sorted;
}
