// Growth of a data folder in a day, and of each part of it:
//
//   npm run bench:growth -- [--views 100000] [--experiments 50]
//
// The requests are those of the tag: every page view asks for the groups of all experiments, and
// sends the view and the exposures of the page's two placeholders; 3 % click. A visitor has 2.5
// views on average. The folder is measured after a clean stop, once the server has compressed the
// closed segments, which it does every minute.
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { listSegments, plainSegments } from "../server/events/segments.ts";
import { sfc32 } from "../simulate/sfc32.ts";
import { start, stop } from "./http-servers.ts";
import { send, startExperiment } from "./start-experiment.ts";

const { values: options } = parseArgs({
  options: { views: { type: "string", default: "100000" }, experiments: { type: "string", default: "50" } },
});
const [views, experiments] = [Number(options.views), Number(options.experiments)];
const VIEWS_PER_VISITOR = 2.5;
const PLACEHOLDERS = 2;
const CLICKS = 0.03;
const CONNECTIONS = 16;
const PATHS = ["/", "/pricing", "/products/red-shoes", "/cart", "/blog/how-to-tie-a-bow-tie"];

const folder = await mkdtemp(join(tmpdir(), "fairsplit-growth-"));
const data = join(folder, "data");
const limits = ["--rate-limit", "0", "--new-devices", "0"];
const server = await start("server", data, ["dist/fairsplit.js", "demo", "--data", data, "--port", "0", ...limits]);
try {
  for (let i = 0; i < experiments; i += 1) {
    await startExperiment(server.url, `homepage_test_${i}`);
  }
  const before = await sizes(data);
  const random = sfc32([1, 2, 3, 4]);
  const share = () => random() / 2 ** 32;
  const visitors = Array.from({ length: Math.round(views / VIEWS_PER_VISITOR) }, () =>
    randomUUID().replaceAll("-", ""),
  );
  let seen = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (seen < views) {
        seen += 1;
        await view(visitors[Math.floor(share() * visitors.length)] as string, share);
      }
    }),
  );
  const events = join(data, "events");
  const newest = (await listSegments(events)).at(-1) ?? 1;
  while ((await plainSegments(events, newest)).length > 0) await setTimeout(1000);
  await stop(server);
  report(before, await sizes(data));
} finally {
  server.process.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
}

/** One page view, as the tag asks and sends. */
async function view(deviceId: string, share: () => number): Promise<void> {
  const path = PATHS[Math.floor(share() * PATHS.length)] ?? "/";
  const query = new URLSearchParams({ device_id: deviceId, path, at: String(Date.now()) });
  const groups = await (await fetch(`${server.url}/groups?${query}`)).json();
  const event = (fields: object) => ({ id: randomUUID(), ts: new Date().toISOString(), deviceId, path, ...fields });
  const first = Math.floor(share() * (experiments - PLACEHOLDERS));
  const exposures = Array.from({ length: PLACEHOLDERS }, (_, i) => {
    const experiment = `homepage_test_${first + i}`;
    const { group, epoch } = groups[experiment];
    return event({ event: "exposure", experiment, group, epoch });
  });
  await send(server.url, "POST", "/notes", [event({ event: "pageview" }), ...exposures]);
  if (share() < CLICKS) {
    const { experiment, group, epoch } = exposures[0] as { experiment?: string; group?: string; epoch?: number };
    await send(server.url, "POST", "/notes", [event({ event: "button_click", experiment, group, epoch, params: {} })]);
  }
}

/** Bytes of each file below a folder, by its path without digits. */
async function sizes(root: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const name of await readdir(root, { recursive: true })) {
    const info = await stat(join(root, name));
    if (!info.isFile()) continue;
    const kind = name.replace(/\d+/g, "N");
    found.set(kind, (found.get(kind) ?? 0) + info.size);
  }
  return found;
}

function report(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void {
  const grown = [...after].map(([name, bytes]) => [name, bytes - (before.get(name) ?? 0)] as const);
  const total = grown.reduce((sum, [, bytes]) => sum + bytes, 0);
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  process.stdout.write(
    `${views.toLocaleString("en")} page views on ${experiments} experiments: ${megabytes(total)}, ${(total / views).toFixed(0)} bytes a view\n`,
  );
  for (const [name, bytes] of grown.filter(([, size]) => size > 1e5).sort(([, a], [, b]) => b - a)) {
    process.stdout.write(`  ${name}: ${megabytes(bytes)}\n`);
  }
}
