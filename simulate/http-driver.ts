import type { AssignedGroup } from "../core/http-contract.ts";
import { isCounted } from "../core/reason.ts";
import { openConnections } from "./connections.ts";
import type { Driver, Visit } from "./driver.ts";
import { type PageSource, type PlaceholderSource, shownTo } from "./page-source.ts";
import { seedWords } from "./seed.ts";
import { sfc32 } from "./sfc32.ts";

export interface HttpDriverOptions {
  readonly page: PageSource;
  readonly seed: string;
  /** Connections that are kept open. */
  readonly concurrency: number;
  readonly headers: Readonly<Record<string, string>>;
}

const HEX = "0123456789abcdef";

type Groups = Readonly<Record<string, AssignedGroup | undefined>>;

/**
 * Visitors without a browser: what the tag would ask and send, over connections that stay open. For
 * load, and for accounting of many visits. A visitor has the same device ID as in the browser.
 */
export function openHttpDriver({ page, seed, concurrency, headers }: HttpDriverOptions): Driver {
  const { origin, pathname } = new URL(page.api);
  const connections = openConnections(origin, concurrency, headers);
  const base = pathname.replace(/\/$/, "");
  const send = async (method: "GET" | "POST", route: string, query: string, body?: string) => {
    const { status, text } = await connections.send(method, `${base}${route}?${query}`, body);
    if (status === 200 || status === 202) return text;
    throw new Error(`${method} ${base}${route} answered ${status}: ${text.slice(0, 200)}`);
  };

  const path = encodeURIComponent(page.path);

  // A million visits hold the contents of a few variants.
  const known = new Map<PlaceholderSource, Map<string | undefined, ReturnType<typeof shownTo>>>();
  const shownOnce = (placeholder: PlaceholderSource, group: string | undefined) => {
    const ofPlaceholder = known.get(placeholder) ?? new Map<string | undefined, ReturnType<typeof shownTo>>();
    known.set(placeholder, ofPlaceholder);
    const content = ofPlaceholder.get(group) ?? shownTo(placeholder, group);
    ofPlaceholder.set(group, content);
    return content;
  };

  return {
    async visit(index, decide): Promise<Visit> {
      const next = sfc32(seedWords(seed, index));
      let deviceId = "";
      for (let digits = 0; digits < 32; digits += 1) deviceId += HEX[(next() >>> 24) % 16];
      let sequence = 0;
      const eventId = () => `${deviceId}-${(sequence++).toString(16)}`;
      const event = (fields: object) =>
        JSON.stringify({ id: eventId(), ts: new Date().toISOString(), deviceId, path: page.path, ...fields });
      const post = (lines: readonly string[]) => send("POST", "/notes", `sent=${Date.now()}`, `[${lines}]`);
      try {
        const query = `device_id=${deviceId}&path=${path}&force=&at=${Date.now()}`;
        const groups = JSON.parse(await send("GET", "/groups", query)) as Groups;
        const isDecided = Object.keys(groups).length > 0;
        const shown = page.placeholders.map((placeholder) => {
          const assigned = groups[placeholder.experiment];
          return { assigned, ...shownOnce(placeholder, assigned?.group || assigned?.fallback) };
        });
        const lines = [event({ event: "pageview" })];
        for (const { placeholder, assigned, group } of shown) {
          const { experiment } = placeholder;
          if (!assigned) {
            if (isDecided) lines.push(event({ event: "unknown_placeholder", experiment }));
          } else if (group !== null && assigned.state === "active" && isCounted(assigned.reason)) {
            lines.push(event({ event: "exposure", experiment, group: assigned.group, epoch: assigned.epoch }));
          }
        }
        await post(lines);
        const placeholders = shown.map(({ placeholder }) => placeholder);
        const seen = { deviceId, placeholders, outside: page.outside, historyLength: 1, acknowledged: true };
        const clicks = decide(seen);
        for (const { experiment, event: name } of clicks) {
          const assigned = groups[experiment];
          await post([
            event({
              event: name,
              experiment: experiment || undefined,
              group: assigned?.group,
              epoch: assigned?.epoch,
              params: {},
            }),
          ]);
        }
        return { index, seen, clicks, errors: [] };
      } catch (error) {
        return { index, seen: null, clicks: [], errors: [(error as Error).message] };
      }
    },
    close: () => connections.close(),
  };
}
