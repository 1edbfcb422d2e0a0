import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Event } from "../core/event.ts";
import type { AssignedGroup, EventsAnswer } from "../core/http-contract.ts";
import type { Claims } from "./server-client.ts";

/**
 * Injects faults so that each check can be seen to fail. They live in a proxy between the visitors
 * and an own server; the server itself has no switch for them.
 */
export const FAULTS = ["split-bias", "swap-render", "drop-events", "double-events"] as const;
export type Fault = (typeof FAULTS)[number];

/**
 * Applies the fault to the first request and then to every n-th, so that a small run shows it too.
 */
const SWAP_EVERY = 100;
const DROP_EVERY = 50;
const DOUBLE_EVERY = 100;

/** Changes a request or an answer in transit. A `null` body leaves it unchanged. */
interface Tampering {
  /** `claims` is what the server reported before the fault. */
  answer?(path: string, body: string, claims: Claims): string | null;
  events?(events: Event[]): { forward: Event[]; answer?: (answer: EventsAnswer) => EventsAnswer };
}

function tampering(fault: Fault): Tampering {
  let count = 0;
  const isFirstOfEvery = (every: number) => count++ % every === 0;
  switch (fault) {
    case "split-bias":
      // The server splits 60/40 by its own file; report the original weights.
      return { answer: (path, _body, claims) => (path === "/api/experiments" ? JSON.stringify(claims) : null) };
    case "swap-render":
      return {
        answer(path, body, claims) {
          if (!/^\/(api\/expgroups|groups)\?/.test(path) || !isFirstOfEvery(SWAP_EVERY)) return null;
          const groups = JSON.parse(body) as Record<string, AssignedGroup>;
          const [key, assigned] = Object.entries(groups)[0] ?? [];
          const other = Object.keys(claims[key ?? ""]?.groups ?? {}).find((name) => name !== assigned?.group);
          return key && assigned && other ? JSON.stringify({ ...groups, [key]: { ...assigned, group: other } }) : null;
        },
      };
    case "drop-events":
      return {
        events(events) {
          const forward = events.filter(({ experiment, event }) => {
            const isClick = experiment !== undefined && event !== "exposure";
            return !(isClick && isFirstOfEvery(DROP_EVERY));
          });
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

/** Starts a faulty proxy in front of the server at `target`. Resolves to its base URL. */
export async function startFaultyProxy(
  fault: Fault,
  target: string,
  claims: Claims,
): Promise<{ url: string; stop(): void }> {
  const tamper = tampering(fault);
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
    const upstream = await fetch(new URL(path, target), {
      method: request.method ?? "GET",
      headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
      ...(body === "" ? {} : { body }),
      redirect: "manual",
    });
    let answer = await upstream.text();
    if (upstream.ok) answer = tamper.answer?.(path, answer, claims) ?? answer;
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
