import { Agent, type IncomingMessage, request } from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import type { AssignedGroup } from "../core/http-contract.ts";
import { isCounted } from "../core/reason.ts";
import type { Driver, Visit } from "./driver.ts";
import { type PageSource, shownTo } from "./page-source.ts";
import { seedWords } from "./seed.ts";
import { sfc32 } from "./sfc32.ts";

export interface HttpDriverOptions {
  readonly page: PageSource;
  readonly seed: string;
  /** Connections that are kept open. */
  readonly concurrency: number;
  readonly headers: Readonly<Record<string, string>>;
}

type Groups = Readonly<Record<string, AssignedGroup | undefined>>;

const TIMEOUT_MS = 10_000;

/**
 * Visitors without a browser: what the tag would ask and send, over connections that stay open. For
 * load, and for accounting of many visits. A visitor has the same device ID as in the browser.
 */
export function openHttpDriver({ page, seed, concurrency, headers }: HttpDriverOptions): Driver {
  const isSecure = page.api.startsWith("https:");
  const agent = new (isSecure ? SecureAgent : Agent)({ keepAlive: true, maxSockets: concurrency });
  const send = (method: "GET" | "POST", url: string, body?: string) =>
    new Promise<string>((resolve, reject) => {
      const type = body === undefined ? {} : { "content-type": "text/plain;charset=UTF-8" };
      const options = { method, agent, timeout: TIMEOUT_MS, headers: { ...headers, ...type } };
      const sent = (isSecure ? secureRequest : request)(url, options, (response: IncomingMessage) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () =>
          response.statusCode === 200 || response.statusCode === 202
            ? resolve(text)
            : reject(
                new Error(`${method} ${new URL(url).pathname} answered ${response.statusCode}: ${text.slice(0, 200)}`),
              ),
        );
      });
      sent.on("timeout", () => sent.destroy(new Error(`${method} ${new URL(url).pathname} did not answer in time`)));
      sent.on("error", reject);
      sent.end(body);
    });

  return {
    async visit(index, decide): Promise<Visit> {
      const next = sfc32(seedWords(seed, index));
      const digit = () => ((next() >>> 24) % 16).toString(16);
      const deviceId = Array.from({ length: 32 }, digit).join("");
      let sequence = 0;
      const eventId = () => `${deviceId}-${(sequence++).toString(16)}`;
      const event = (fields: object) =>
        JSON.stringify({ id: eventId(), ts: new Date().toISOString(), deviceId, path: page.path, ...fields });
      const post = (lines: readonly string[]) => send("POST", `${page.api}/notes?sent=${Date.now()}`, `[${lines}]`);
      try {
        const query = new URLSearchParams({ device_id: deviceId, path: page.path, force: "", at: String(Date.now()) });
        const groups = JSON.parse(await send("GET", `${page.api}/groups?${query}`)) as Groups;
        const isDecided = Object.keys(groups).length > 0;
        const shown = page.placeholders.map((placeholder) => {
          const assigned = groups[placeholder.experiment];
          return { assigned, ...shownTo(placeholder, assigned?.group || assigned?.fallback) };
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
    close: async () => agent.destroy(),
  };
}
