import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Event } from "../core/event.ts";
import type { AssignedGroup, EventsAnswer } from "../core/http-contract.ts";
import type { Claims } from "./server-client.ts";

/**
 * Injects faults so that each check can be seen to fail. They live in a proxy between the visitors
 * and an own server; the server itself has no switch for them.
 */
export const FAULTS = [
  "split-bias",
  "shared-salt",
  "swap-render",
  "stale-groups",
  "drop-events",
  "double-events",
  "lose-exposures",
  "bots-in-one-group",
  "early-clicks",
  "swap-labels",
  "round-robin",
  "boundary-off-by-one",
  "forget-groups",
  "shift-days",
  "lose-id-at-login",
  "lose-id-on-subdomain",
  "lose-exposure-on-redirect",
  "cut-values",
] as const;
export type Fault = (typeof FAULTS)[number];

/** Faults that single visits to a page cannot show: they need visitors who come back, or buy. */
export const FAULTS_OF_SCENARIOS: readonly Fault[] = [
  "forget-groups",
  "shift-days",
  "lose-id-at-login",
  "lose-id-on-subdomain",
  "lose-exposure-on-redirect",
  "cut-values",
];

/**
 * Applies the fault to the first request and then to every n-th, so that a small run shows it too.
 */
const SWAP_EVERY = 100;
const DROP_EVERY = 50;
const DOUBLE_EVERY = 100;
const LOSE_EVERY = 10;
const BOT_EVERY = 20;
const EARLY_MS = 600_000;
const FORGET_EVERY = 20;
/** A time zone that is taken for UTC. */
const SHIFT_MS = 6 * 3_600_000;
const MOST_VALUE = 30;
/** Pages of another subdomain. */
const OTHER_SUBDOMAIN = /^\/(confirmation|settings)$/;

/** Changes a request or an answer in transit. A `null` body leaves it unchanged. */
interface Tampering {
  /** Changes the address of a request. */
  ask?(url: URL): void;
  answer?(path: string, body: string): string | null;
  events?(events: Event[]): { forward: Event[]; answer?: (answer: EventsAnswer) => EventsAnswer };
}

function tampering(fault: Fault, claims: Claims, redirects: readonly Redirect[]): Tampering {
  let count = 0;
  const namesOf = (experiment: string | undefined) => Object.keys(claims[experiment ?? ""]?.groups ?? {});
  const isOfLast = ({ event, experiment, group }: Event) =>
    event === "exposure" && group === namesOf(experiment).at(-1);
  const isFirstOfEvery = (every: number) => count++ % every === 0;
  switch (fault) {
    case "split-bias":
    case "boundary-off-by-one":
    case "shared-salt":
      // The server has another file than it says: the original weights are reported.
      return { answer: (path) => (path === "/api/experiments" ? JSON.stringify(claims) : null) };
    case "swap-render":
      return {
        answer(path, body) {
          if (!isForGroups(path) || !isFirstOfEvery(SWAP_EVERY)) return null;
          const groups = JSON.parse(body) as Record<string, AssignedGroup>;
          const [key, assigned] = Object.entries(groups)[0] ?? [];
          const other = Object.keys(claims[key ?? ""]?.groups ?? {}).find((name) => name !== assigned?.group);
          return key && assigned && other ? JSON.stringify({ ...groups, [key]: { ...assigned, group: other } }) : null;
        },
      };
    case "stale-groups": {
      let stale: string | null = null;
      return {
        answer(path, body) {
          if (!isForGroups(path)) return null;
          // As a cache for a moment does: every second visitor gets the groups of the one before.
          const answer = stale;
          stale = stale === null ? body : null;
          return answer;
        },
      };
    }
    case "lose-exposures":
      return {
        events(events) {
          const forward = events.filter((event) => !(isOfLast(event) && isFirstOfEvery(LOSE_EVERY)));
          return { forward, answer: (answer) => ({ ...answer, accepted: events.length }) };
        },
      };
    case "bots-in-one-group":
      return {
        events(events) {
          const bots = events
            .filter((event) => isOfLast(event) && isFirstOfEvery(BOT_EVERY))
            .map((event) => ({ ...event, id: `${event.id}-bot`, deviceId: `bot-${event.deviceId}`.slice(0, 32) }));
          return { forward: [...events, ...bots], answer: (answer) => ({ ...answer, accepted: events.length }) };
        },
      };
    case "early-clicks":
      return {
        events: (events) => ({
          forward: events.map((event) => {
            return isGoal(event) ? { ...event, ts: new Date(Date.parse(event.ts) - EARLY_MS).toISOString() } : event;
          }),
        }),
      };
    case "swap-labels":
      return {
        events: (events) => ({
          forward: events.map((event): Event => {
            const names = namesOf(event.experiment);
            const place = event.event === "exposure" ? names.indexOf(event.group ?? "") : -1;
            return place === -1 ? event : { ...event, group: names[(place + 1) % names.length] ?? "" };
          }),
        }),
      };
    case "round-robin": {
      const dealt = new Map<string, Record<string, AssignedGroup>>();
      return {
        answer(path, body) {
          if (!isForGroups(path)) return null;
          const device = new URL(path, "http://x").searchParams.get("device_id") ?? "";
          const groups =
            dealt.get(device) ??
            Object.fromEntries(
              Object.entries(JSON.parse(body) as Record<string, AssignedGroup>).map(([key, assigned]) => {
                const names = namesOf(key);
                return [key, { ...assigned, group: names[dealt.size % names.length] ?? assigned.group }];
              }),
            );
          dealt.set(device, groups);
          return JSON.stringify(groups);
        },
      };
    }
    case "forget-groups": {
      const known = new Set<string>();
      return {
        answer(path, body) {
          if (!isForGroups(path)) return null;
          const device = new URL(path, "http://x").searchParams.get("device_id") ?? "";
          const isReturn = known.has(device);
          known.add(device);
          if (!isReturn || !isFirstOfEvery(FORGET_EVERY)) return null;
          const groups = JSON.parse(body) as Record<string, AssignedGroup>;
          const drawn = Object.entries(groups).map(([key, assigned]) => {
            const other = namesOf(key).find((name) => name !== assigned.group);
            return [key, assigned.group === "" ? assigned : { ...assigned, group: other ?? assigned.group }];
          });
          return JSON.stringify(Object.fromEntries(drawn));
        },
      };
    }
    case "shift-days":
      return {
        events: (events) => ({
          forward: events.map((event) => {
            return { ...event, ts: new Date(Date.parse(event.ts) - SHIFT_MS).toISOString() };
          }),
        }),
      };
    case "lose-id-at-login":
      return {
        events: (events) => ({
          forward: events.map((event) => {
            const { accountId, deviceId = "" } = event;
            return accountId === undefined ? event : { ...event, deviceId: otherId(deviceId) };
          }),
        }),
      };
    case "lose-id-on-subdomain":
      return {
        ask({ searchParams }) {
          const isThere = OTHER_SUBDOMAIN.test(searchParams.get("path") ?? "");
          if (isThere) searchParams.set("device_id", otherId(searchParams.get("device_id") ?? ""));
        },
        events: (events) => ({
          forward: events.map((event) => {
            const isThere = OTHER_SUBDOMAIN.test(event.path ?? "");
            return isThere ? { ...event, deviceId: otherId(event.deviceId ?? "") } : event;
          }),
        }),
      };
    case "lose-exposure-on-redirect":
      return {
        events(events) {
          const forward = events.filter(
            ({ event, experiment, group }) =>
              event !== "exposure" ||
              !redirects.some((redirect) => redirect.experiment === experiment && redirect.group === group),
          );
          return { forward, answer: (answer) => ({ ...answer, accepted: events.length }) };
        },
      };
    case "cut-values":
      return {
        events: (events) => ({
          forward: events.map((event) => {
            return typeof event.value === "number" ? { ...event, value: Math.min(event.value, MOST_VALUE) } : event;
          }),
        }),
      };
    case "drop-events":
      return {
        events(events) {
          const forward = events.filter((event) => !(isGoal(event) && isFirstOfEvery(DROP_EVERY)));
          const dropped = events.length - forward.length;
          return { forward, answer: (answer) => ({ ...answer, accepted: answer.accepted + dropped }) };
        },
      };
    case "double-events":
      return {
        events(events) {
          const twice = events
            .filter(() => isFirstOfEvery(DOUBLE_EVERY))
            .map((event) => ({ ...event, id: `${event.id}-again` }));
          return { forward: [...events, ...twice], answer: (answer) => ({ ...answer, accepted: events.length }) };
        },
      };
  }
}

/** True for a click or another goal; those of scenarios are in no placeholder. */
function isGoal({ event }: Event): boolean {
  return !["pageview", "exposure", "exp_groups"].includes(event);
}

function isForGroups(path: string): boolean {
  return /^\/(api\/expgroups|groups)\?/.test(path);
}

/** Another ID of the tag's form, the same for each ID. */
function otherId(id: string): string {
  return [...id]
    .reverse()
    .join("")
    .replace(/^./, (first) => (first === "0" ? "1" : "0"));
}

/** A group whose visitors leave for another page. */
export interface Redirect {
  readonly experiment: string;
  readonly group: string;
}

/**
 * Starts a faulty proxy in front of the server at `target`. Resolves to its base URL.
 *
 * @param claims what the server reported before the fault
 * @param redirects those of the scenario
 */
export async function startFaultyProxy(
  fault: Fault,
  target: string,
  claims: Claims,
  redirects: readonly Redirect[] = [],
): Promise<{ url: string; stop(): void }> {
  const tamper = tampering(fault, claims, redirects);
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? "/";
    let body = await text(request);
    let change: ((answer: EventsAnswer) => EventsAnswer) | undefined;
    if (tamper.events && request.method === "POST" && /^\/(events|notes)(\?|$)/.test(path)) {
      const { forward, answer } = tamper.events(JSON.parse(body) as Event[]);
      change = answer;
      body = JSON.stringify(forward);
      if (forward.length === 0) {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify(answer?.({ status: "ok", accepted: 0, duplicates: 0, rejected: [] })));
        return;
      }
    }
    const { host: _host, connection: _connection, "content-length": _length, ...headers } = request.headers;
    const asked = new URL(path, target);
    if (isForGroups(path)) tamper.ask?.(asked);
    const upstream = await fetch(asked, {
      method: request.method ?? "GET",
      headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
      ...(body === "" ? {} : { body }),
      redirect: "manual",
    });
    let answer = await upstream.text();
    if (upstream.ok) answer = tamper.answer?.(path, answer) ?? answer;
    if (change) answer = JSON.stringify(change(JSON.parse(answer) as EventsAnswer));
    const kept = [...upstream.headers].filter(
      ([name]) => !/^(content-(length|encoding)|connection|keep-alive|transfer-encoding)$/.test(name),
    );
    response.writeHead(upstream.status, Object.fromEntries(kept));
    response.end(upstream.status === 304 ? undefined : answer);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
