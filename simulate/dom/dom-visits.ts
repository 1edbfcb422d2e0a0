import type { Click, Visit } from "../driver.ts";
import { fetchText } from "../fetch-text.ts";
import type { Seen } from "../read-page.ts";
import { seedWords } from "../seed.ts";
import { sfc32 } from "../sfc32.ts";
import { openDomPage } from "./dom-page.ts";
import { openConnectionsByOrigin } from "./origin-connections.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface DomVisitsOptions {
  readonly url: string;
  readonly seed: string;
  /** Number of concurrent visitors. */
  readonly concurrency: number;
  /** Sent with each request of the tag. */
  readonly headers: Readonly<Record<string, string>>;
  /** Folder of the built tag. */
  readonly built: URL;
  /** Called with a sentence about what is left out. */
  note?(text: string): void;
}

/** Visits in this thread. */
export interface DomVisits {
  visit(index: number, decide: (seen: Seen) => readonly Click[] | Promise<readonly Click[]>): Promise<Visit>;
  close(): Promise<void>;
}

/**
 * Visitors whose document is happy-dom's: the built tag runs in it, and its timers wait for
 * nothing.
 *
 * @throws EnvironmentMissing, see `openDomPage`
 */
export async function openDomVisits({
  url,
  seed,
  concurrency,
  headers,
  ...more
}: DomVisitsOptions): Promise<DomVisits> {
  const source = await fetchText(url);
  const page = await openDomPage({ url: source.url, html: source.text, ...more });
  const connections = openConnectionsByOrigin(concurrency, headers);
  return {
    async visit(index, decide) {
      const tab = page.take();
      const random = sfc32(seedWords(seed, index));
      const delays = sfc32(seedWords(`${seed}:delays`, index));
      const view = tab.begin({
        clock: new VirtualClock(Date.now()),
        fill(bytes) {
          for (let place = 0; place < bytes.length; place += 1) bytes[place] = random() >>> 24;
        },
        random: () => delays() / 2 ** 32,
        send: connections.send,
      });
      try {
        await view.settle();
        const seen = view.read();
        const clicks = await decide(seen);
        for (const { event, experiment } of clicks) {
          view.click(event, experiment);
          await view.settle();
        }
        return { index, seen: { ...seen, acknowledged: view.isAcknowledged() }, clicks, errors: view.errors };
      } catch (error) {
        return { index, seen: null, clicks: [], errors: [...view.errors, (error as Error).message] };
      } finally {
        view.end();
        page.giveBack(tab);
      }
    },
    async close() {
      await connections.close();
      await page.close();
    },
  };
}
