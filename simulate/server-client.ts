import type { Event } from "../core/event.ts";
import type { Experiment } from "../core/experiment.ts";
import type { PublicExperiment } from "../core/http-contract.ts";
import type { Report } from "../core/report/report.ts";
import { EnvironmentMissing } from "./environment.ts";

/** Experiments that the server reports: the answer of `GET /api/experiments`. */
export type Claims = Readonly<Record<string, PublicExperiment>>;

/** The server as any client sees it, over HTTP. */
export interface ServerClient {
  claims(): Promise<Claims>;
  /** Requests a signed name for this run; `header` is sent with every request of its visits. */
  startRun(): Promise<{ run: string; header: string }>;
  /** All events of a run, in log order, with the fields that checks use. */
  events(run: string): Promise<Event[]>;
  /** Calls back with each event of a run, in log order, so that none has to be kept. */
  eachEvent(run: string, found: (event: Event) => void): Promise<void>;
  /** The report of an experiment, counted from a run's events. */
  results(experiment: string, run: string): Promise<Report>;
  /** An experiment's definition. */
  experiment(key: string): Promise<Experiment>;
}

const PAGE_OF_EVENTS = 10_000;
/** Time that a server may be busy: it counts ten million events in less. */
const BUSY_PATIENCE_MS = 120_000;
const MAX_WAIT_MS = 10_000;

/**
 * Creates a client for the server at a base URL. Every method throws EnvironmentMissing when it
 * does not answer as a fairsplit server.
 *
 * @param patienceMs how long it may say that it is busy
 */
export function serverClient(base: string, token: string | null, patienceMs = BUSY_PATIENCE_MS): ServerClient {
  const request = async (path: string, method = "GET"): Promise<Response> => {
    for (const deadline = Date.now() + patienceMs; ; ) {
      const response = await ask(path, method);
      // A server is busy right after a load, or while it counts: what it says is no answer yet.
      const isBusy = response.status === 503 || response.status === 429;
      const waitMs = Math.min(MAX_WAIT_MS, 1000 * Number(response.headers.get("retry-after") ?? 1) || 1000);
      if (response.status === 401)
        throw new EnvironmentMissing(`${response.url} wants the admin's token: give --token`);
      if (response.ok) return response;
      if (!isBusy || Date.now() + waitMs > deadline) throw await refused(response, isBusy ? patienceMs : null);
      await response.body?.cancel();
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  };
  const ask = async (path: string, method: string): Promise<Response> => {
    const url = new URL(path, base).href;
    const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    const send = () => fetch(url, { method, headers, signal: AbortSignal.timeout(patienceMs) });
    return send()
      .catch((error: Error) => {
        // The server may have closed an idle connection meanwhile: reading can be repeated.
        if (method !== "GET" || error.name === "TimeoutError") throw error;
        return send();
      })
      .catch(({ name, message, cause }: Error & { cause?: Error }) => {
        const reason = name === "TimeoutError" ? `no answer within ${patienceMs / 1000} s` : cause?.message || message;
        throw new EnvironmentMissing(`${url} cannot be reached: ${reason}`);
      });
  };
  const json = async <T>(response: Response): Promise<T> => {
    try {
      return (await response.json()) as T;
    } catch {
      throw new EnvironmentMissing(`${response.url} did not answer with JSON, so it is no fairsplit server`);
    }
  };
  const eachEvent = async (run: string, found: (event: Event) => void) => {
    let path = `/events?run=${encodeURIComponent(run)}&limit=${PAGE_OF_EVENTS}`;
    for (;;) {
      const response = await request(path);
      const page = await json<Event[]>(response);
      for (const event of page) found(event);
      const next = /<([^>]+)>; *rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
      if (page.length === 0 || next === undefined) return;
      path = next;
    }
  };
  const ofExperiment = (experiment: string) => `/api/admin/experiments/${encodeURIComponent(experiment)}`;
  return {
    claims: async () => json<Claims>(await request("/api/experiments")),
    startRun: async () => json<{ run: string; header: string }>(await request("/api/admin/runs", "POST")),
    async events(run) {
      const events: Event[] = [];
      const slim = slimmer();
      await eachEvent(run, (event) => events.push(slim(event)));
      return events;
    },
    eachEvent,
    results: async (experiment, run) =>
      json<Report>(await request(`${ofExperiment(experiment)}/results?run=${encodeURIComponent(run)}`)),
    experiment: async (key) => json<Experiment>(await request(ofExperiment(key))),
  };
}

/** The error of an answer that is no success, with what the server says about it. */
async function refused(response: Response, busyMs: number | null): Promise<EnvironmentMissing> {
  const { url, status } = response;
  if (busyMs === null) return new EnvironmentMissing(`${url} answered ${status}, so it is no fairsplit server`);
  const said = (await response.json().catch(() => ({}))) as { detail?: unknown };
  const reason = typeof said.detail === "string" ? ` (${said.detail})` : "";
  return new EnvironmentMissing(`${url} answered ${status} for ${busyMs / 1000} s${reason}`);
}

/**
 * Makes a function that copies the fields which checks use. Equal texts are kept once: a run of a
 * million visits has four million events, and each would have its own.
 */
function slimmer(): (event: Event) => Event {
  const known = new Map<string, string>();
  const once = <Text extends string | undefined>(text: Text): Text => {
    if (text === undefined) return text;
    const found = known.get(text);
    if (found === undefined) known.set(text, text);
    return (found ?? text) as Text;
  };
  return (given) => {
    const { id, ts, event, source, deviceId, experiment, group, epoch, run, value, params, reasons } = given;
    const isAssignment = event === "exp_groups";
    return {
      id,
      ts,
      event: once(event),
      source: once(source),
      ...(deviceId === undefined ? {} : { deviceId: once(deviceId) }),
      ...(given.accountId === undefined ? {} : { accountId: given.accountId }),
      ...(experiment === undefined ? {} : { experiment: once(experiment) }),
      ...(group === undefined ? {} : { group: once(group) }),
      ...(epoch === undefined ? {} : { epoch }),
      ...(value === undefined ? {} : { value }),
      ...(run === undefined ? {} : { run: once(run) }),
      ...(given.uncounted === undefined ? {} : { uncounted: given.uncounted }),
      params: isAssignment ? params : NO_PARAMS,
      ...(isAssignment && reasons !== undefined ? { reasons } : {}),
    } as Event;
  };
}

const NO_PARAMS = {};
