import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Event } from "../../../core/event.ts";
import { defineExperiment, type Experiment, type ExperimentDraft } from "../../../core/experiment.ts";
import { transition } from "../../../core/transition.ts";
import type { Deps } from "../../../server/app.ts";
import { type EventLog, openEventLog } from "../../../server/events/log.ts";
import { appIn } from "./app-in.ts";

export const NOW = "2026-01-31T12:00:00.000Z";
/** Author of changes in tests. */
export const TESTER = { by: "test", now: NOW };

const FAIR: ExperimentDraft["groups"] = [
  { name: "A", weight: 50 },
  { name: "B", weight: 50 },
];

/** A 50/50 experiment of A and B, unless the draft says otherwise. */
export const inactive = (key: string, draft: Partial<ExperimentDraft> = {}): Experiment =>
  defineExperiment({ key, groups: FAIR, ...draft }, NOW, "test");
export const active = (key: string, draft: Partial<ExperimentDraft> = {}): Experiment =>
  transition(inactive(key, draft), { state: "active", by: "test" }, NOW);
/** Started and stopped: its fallback is shown. */
export const stopped = (key: string, draft: Partial<ExperimentDraft> = {}): Experiment =>
  transition(active(key, draft), { state: "inactive", by: "test" }, NOW);
export const rolledOut = (key: string, rolloutGroup: string, draft: Partial<ExperimentDraft> = {}): Experiment =>
  transition(active(key, draft), { state: "rollout", rolloutGroup, by: "test" }, NOW);

/** A small event, identified by its ID. */
export const pageview = (id: number | string, more: Partial<Event> = {}): Event => ({
  id: `e-${id}`,
  ts: NOW,
  deviceId: "d1",
  event: "pageview",
  source: "test",
  params: {},
  ...more,
});

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fairsplit-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A log that rejects everything, for a reason. */
export async function failingLog(error: Error): Promise<EventLog> {
  const log = await openEventLog(await temporaryFolder());
  onTestFinished(() => log.close());
  return { ...log, append: () => Promise.reject(error), record: () => Promise.reject(error) };
}

/**
 * The whole app with real parts in its own folder, closed when the test ends. Without a token it is
 * a demo.
 */
export async function openApp(experiments: readonly Experiment[] = [], deps: Partial<Deps> = {}) {
  const folder = await temporaryFolder();
  const { app, registry, log, runs, sessions, links, streams, forces, errors, erasures, sticky } = await appIn(
    folder,
    experiments,
    deps,
  );
  onTestFinished(async () => {
    erasures.close();
    await erasures.idle();
    await log.close();
  });
  let flushes = 0;
  return {
    app,
    registry,
    log,
    runs,
    sessions,
    links,
    streams,
    forces,
    erasures,
    sticky,
    folder,
    errors,
    /** All events of the log; pending ones come first, because the log keeps its order. */
    async stored(): Promise<Event[]> {
      flushes += 1;
      const id = `flush-${flushes}`;
      await log.append([{ id, ts: NOW, deviceId: "flush", event: "flush", source: "test", params: {} }]);
      return (await log.read({ since: null, limit: Number.MAX_SAFE_INTEGER, where: ({ event }) => event !== "flush" }))
        .events;
    },
    /** Posts a body: text, bytes, a stream, or a value sent as JSON. */
    post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
      const isRaw = typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
      return Promise.resolve(
        app.request("/events", {
          method: "POST",
          body: isRaw ? body : JSON.stringify(body),
          headers: { "content-type": "application/json", ...headers },
          ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
        } as RequestInit),
      );
    },
  };
}
