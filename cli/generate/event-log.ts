import { randomStreams } from "../../core/random-streams.ts";
import { drawVisits } from "./arrivals.ts";
import type { Behaviours } from "./behaviour.ts";
import type { SiteExperiment } from "./experiments-on-site.ts";
import type { LogFormat } from "./log-format.ts";
import { encode, logWriter } from "./log-writer.ts";
import { HOUR_MS, orderByTime } from "./order-by-time.ts";
import type { PageView } from "./visit.ts";
import { visitorOf } from "./visitor.ts";
import { walker } from "./walk.ts";

export interface EventLogOptions {
  readonly seed: string;
  readonly startMs: number;
  readonly visitors: number;
  readonly days: number;
  readonly returning: number;
  readonly experiments: readonly SiteExperiment[];
  readonly behaviours: Behaviours;
  readonly format: LogFormat;
}

/** A part of the log, with totals so far. */
export interface Part {
  readonly bytes: Buffer;
  readonly events: number;
  readonly visits: number;
  readonly visitsInAll: number;
}

/** Generates the log in time order. Only the events of about two hours are in memory at once. */
export function* eventLog(options: EventLogOptions): Generator<Part> {
  const { seed, startMs, visitors, experiments, behaviours, format } = options;
  const visitorStream = randomStreams(seed, "visitor");
  const visitStream = randomStreams(seed, "visit");
  const visits = drawVisits(options, randomStreams(seed, "arrivals"));
  const walk = walker(experiments, behaviours, visitors);
  const writer = logWriter(startMs, format.timeSeparator);
  writer.put(encode(format.header));
  let views: PageView[] = [];
  let parts: unknown[] = [];
  for (let visit = 0, hour = 0; visit < visits.count || views.length > 0; hour += 1) {
    const end = (hour + 1) * HOUR_MS;
    for (; visit < visits.count && (visits.startMs[visit] as number) < end; visit += 1) {
      const index = visits.visitor[visit] as number;
      const visitor = visitorOf(index, visitorStream(index));
      const walked = walk(index, visitor, visits.startMs[visit] as number, visitStream(visit), views);
      const ofVisit = format.partsOf(walked);
      while (parts.length < views.length) parts.push(ofVisit);
    }
    const times = new Float64Array(views.length);
    for (let view = 0; view < views.length; view += 1) times[view] = (views[view] as PageView).atMs - hour * HOUR_MS;
    const order = orderByTime(times);
    const later = order.findIndex((index) => (views[index] as PageView).atMs >= end);
    const due = later === -1 ? order : order.subarray(0, later);
    for (const index of due) {
      format.write(views[index] as PageView, parts[index], writer);
      if (!writer.isFull) continue;
      yield { bytes: writer.take(), events: writer.lines, visits: visit, visitsInAll: visits.count };
    }
    const rest = later === -1 ? [] : [...order.subarray(later)];
    const keptViews = rest.map((index) => views[index] as PageView);
    parts = rest.map((index) => parts[index]);
    views = keptViews;
  }
  yield { bytes: writer.take(), events: writer.lines, visits: visits.count, visitsInAll: visits.count };
}
