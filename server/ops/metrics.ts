import { Hono } from "hono";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { OUTCOMES } from "../events/accounting.ts";
import type { EventLog } from "../events/log.ts";
import type { Env } from "../http/http.ts";

/** `GET /metrics`: the log's accounting, and how the process is, as Prometheus reads them. */
export function metricsRoutes({ log }: { log: EventLog }) {
  let metrics: ReturnType<typeof metricsOf> | undefined;
  return new Hono<Env>().get("/metrics", async (c) => {
    // Only once somebody asks, because measuring the event loop is not free.
    metrics ??= metricsOf(log);
    metrics.update();
    return c.body(await metrics.registry.metrics(), 200, { "content-type": metrics.registry.contentType });
  });
}

function metricsOf(log: EventLog) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const received = new Counter({
    name: "fairsplit_events_received_total",
    help: "Events received; the sum of fairsplit_events_total and fairsplit_events_waiting",
    registers,
  });
  const events = new Counter({
    name: "fairsplit_events_total",
    help: "What became of the events: stored, duplicate (its id was stored before), rejected, shed (to be sent again), bot, off (while the global switch was off)",
    labelNames: ["outcome"],
    registers,
  });
  const waiting = new Gauge({
    name: "fairsplit_events_waiting",
    help: "Events on their way to the disk",
    registers,
  });
  const bytes = new Gauge({ name: "fairsplit_log_bytes", help: "Size of the event log", registers });
  const unreadable = new Gauge({
    name: "fairsplit_log_unreadable_lines",
    help: "Lines of the event log that are no events, when it was opened",
    registers,
  });
  const notKept = new Counter({
    name: "fairsplit_rejected_not_kept_total",
    help: "Rejected events that were counted only, because the file of the rejected was full",
    registers,
  });
  const notKeptBefore = new Counter({
    name: "fairsplit_refused_not_kept_total",
    help: "Former name of fairsplit_rejected_not_kept_total",
    registers,
  });
  /** All at once, so that they are of the same moment. */
  const update = () => {
    const state = log.state();
    for (const counter of [received, events, notKept, notKeptBefore]) counter.reset();
    received.inc(state.received);
    for (const outcome of OUTCOMES) events.inc({ outcome }, state[outcome]);
    waiting.set(state.waiting);
    bytes.set(state.logBytes);
    unreadable.set(state.unreadable);
    notKept.inc(state.rejectedNotKept);
    notKeptBefore.inc(state.rejectedNotKept);
  };
  return { registry, update };
}
