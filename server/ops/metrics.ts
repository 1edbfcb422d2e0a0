import { Hono } from "hono";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { OUTCOMES } from "../events/accounting.ts";
import type { EventLog } from "../events/log.ts";
import type { Env } from "../http/http.ts";
import type { StickyGroups } from "../sticky/sticky-groups.ts";

interface Deps {
  readonly log: EventLog;
  readonly sticky: StickyGroups;
  /** Failures of counting since the start. */
  readonly failures: () => { readonly count: number };
}

/** `GET /metrics`: the log's accounting and the process's state, for Prometheus. */
export function metricsRoutes({ log, sticky, failures }: Deps) {
  let metrics: ReturnType<typeof metricsOf> | undefined;
  return new Hono<Env>().get("/metrics", async (c) => {
    // Start on the first request: measuring the event loop is not free.
    metrics ??= metricsOf({ log, sticky, failures });
    metrics.update();
    return c.body(await metrics.registry.metrics(), 200, { "content-type": metrics.registry.contentType });
  });
}

function metricsOf({ log, sticky, failures }: Deps) {
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
  const maxBytes = new Gauge({ name: "fairsplit_log_max_bytes", help: "Quota of the event log", registers });
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
  const stickyUnits = new Gauge({
    name: "fairsplit_sticky_units",
    help: "Exposed units of all experiments, which keep their group",
    registers,
  });
  const stickyRejected = new Counter({
    name: "fairsplit_sticky_rejected_total",
    help: "Exposures since the start whose unit is not sticky, because there was no memory for more",
    registers,
  });
  const countingFailures = new Counter({
    name: "fairsplit_counting_failures_total",
    help: "Questions about the log since the start that could not be answered",
    registers,
  });
  /** Read all at once, for a consistent snapshot. */
  const update = () => {
    const state = log.state();
    for (const counter of [received, events, notKept, notKeptBefore, stickyRejected, countingFailures]) {
      counter.reset();
    }
    countingFailures.inc(failures().count);
    received.inc(state.received);
    for (const outcome of OUTCOMES) events.inc({ outcome }, state[outcome]);
    waiting.set(state.waiting);
    bytes.set(state.logBytes);
    maxBytes.set(state.maxLogBytes);
    unreadable.set(state.unreadable);
    notKept.inc(state.rejectedNotKept);
    notKeptBefore.inc(state.rejectedNotKept);
    stickyUnits.set(sticky.state().units);
    stickyRejected.inc(sticky.state().rejected);
  };
  return { registry, update };
}
