import { MAX_EVENTS_PER_REQUEST } from "../../core/event-limits.ts";
import { type Connections, openConnections } from "../connections.ts";
import type { Groups, Site, Sites } from "./site.ts";
import type { SentEvent } from "./truth.ts";

/** Any crawler's name, by which servers know it. */
export const BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

/** Requests as the tag would send them, over connections that stay open. */
export function openHttpSites(
  base: string,
  concurrency: number,
  headers: Readonly<Record<string, string>>,
): Sites & { sendLater: SendLater } {
  const people = openConnections(base, concurrency, headers);
  const crawlers = openConnections(base, concurrency, { "user-agent": BOT });
  return {
    showsSilent: false,
    enter: async ({ kind }) => siteOf(kind === "bot" ? crawlers : people, kind === "bot"),
    exit: async () => undefined,
    sendLater: async (events) => void (await post(people, events)),
    async close() {
      await Promise.all([people.close(), crawlers.close()]);
    },
  };
}

/** Sends events as a back end does. */
export type SendLater = (events: readonly SentEvent[]) => Promise<void>;

function siteOf(connections: Connections, isBot: boolean): Site {
  let device = "";
  let at = "";
  const ask = async (accountId: string) => {
    const query = new URLSearchParams({
      device_id: device,
      account_id: accountId,
      path: at,
      force: "",
      at: String(Date.now()),
    });
    return JSON.parse(await exchange(connections, "GET", `/groups?${query}`)) as Groups;
  };
  return {
    open({ deviceId, accountId, path }) {
      device = deviceId;
      at = path;
      return ask(accountId);
    },
    login: ask,
    reach: async () => "",
    async leave(told, later) {
      const events = [...told, ...later];
      const accepted = await post(connections, events);
      const isRight = accepted === (isBot ? 0 : events.length);
      return {
        mismatches: [],
        errors: isRight ? [] : [`the server accepted ${accepted} of ${events.length} events`],
      };
    },
  };
}

/** Sends events; resolves to the number that the server accepted as new. */
async function post(connections: Connections, events: readonly SentEvent[]): Promise<number> {
  let accepted = 0;
  for (let from = 0; from < events.length; from += MAX_EVENTS_PER_REQUEST) {
    const body = JSON.stringify(events.slice(from, from + MAX_EVENTS_PER_REQUEST));
    const answer = await exchange(connections, "POST", `/notes?sent=${Date.now()}`, body);
    accepted += (JSON.parse(answer) as { accepted: number }).accepted;
  }
  return accepted;
}

async function exchange(connections: Connections, method: "GET" | "POST", path: string, body?: string) {
  const { status, text } = await connections.send(method, path, body);
  if (status === 200 || status === 202) return text;
  throw new Error(`${method} ${path.split("?")[0]} answered ${status}: ${text.slice(0, 200)}`);
}
