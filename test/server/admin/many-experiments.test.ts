import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parseExperiment } from "../../../core/experiment.ts";
import type { Analysis } from "../../../server/analysis/contract.ts";
import { pathAsDescribed } from "../../../server/api/openapi/document.ts";
import { formatEntry } from "../../../server/registry/history-entry.ts";
import { openRegistry } from "../../../server/registry/registry.ts";
import { analysisByDefinition } from "../rig/analysis-by-definition.ts";
import { appIn } from "../rig/app-in.ts";
import { active, inactive, NOW, openApp, temporaryFolder } from "../rig/open-app.ts";

const EXPERIMENTS = 500;
const CHANGES = 3000;
const GROUPS = ["A", "B", "C", "D", "E"].map((name) => ({ name, weight: 1 }));

/** Most bytes of an HTML page, whatever there is. */
const MAX_PAGE_BYTES = 400_000;
/** Most changes that a page reads of the history, once it was asked for before. */
const MAX_CHANGES_READ = 100;
/** Most questions about the log that a page asks. */
const MAX_QUESTIONS = 100;

/** Answers whose size follows from what is asked for: everything. */
const WHOLE = [
  "GET /api/experiments",
  "GET /api/expgroups",
  "GET /groups",
  "GET /api/admin/experiments",
  "GET /api/admin/export.ndjson",
  "GET /api/local-evaluation",
  "GET /openapi.json",
  "GET /events",
];

/** The app with many experiments and changes, and counts of the work of a request. */
async function appWithMany() {
  const folder = await temporaryFolder();
  const all = Array.from({ length: EXPERIMENTS }, (_, n) => active(`e${n}`, { groups: GROUPS, title: `Title ${n}` }));
  const path = join(folder, "experiments.json");
  const registry = await openRegistry(path, all);
  const first = registry.history.last;
  const e0 = parseExperiment(registry.get("e0"));
  const lines = Array.from({ length: CHANGES }, (_, n) =>
    formatEntry({ number: first + n + 1, key: "e0", action: "edited", at: NOW, by: "test", before: e0, after: e0 }),
  );
  await appendFile(join(folder, "history.ndjson"), `${lines.join("\n")}\n`);

  const work = { questions: 0, changes: 0 };
  const opened = await appIn(folder, [], {
    analysis: new Proxy({} as Analysis, {
      get:
        (_, name: keyof Analysis) =>
        (...question: never[]) => {
          work.questions += 1;
          return (analysisByDefinition(opened.log)[name] as (...question: never[]) => unknown)(...question);
        },
    }),
  });
  onTestFinished(() => opened.log.close());
  const { history } = opened.registry;
  const { get, page, all: whole } = history;
  const counted = (found: number) => {
    work.changes += found;
  };
  Object.assign(history, {
    get: async (number: number) => {
      counted(1);
      return get.call(history, number);
    },
    page: async (...query: Parameters<typeof page>) => {
      const found = await page.apply(history, query);
      counted(found.entries.length);
      return found;
    },
    all: async function* (...query: Parameters<typeof whole>) {
      for await (const entry of whole.apply(history, query)) {
        counted(1);
        yield entry;
      }
    },
  });
  expect(history.last).toBe(first + CHANGES);
  return { ...opened, work };
}

test("the page of previews shows the running ones first, what was chosen in any case, and finds the others", async () => {
  const experiments = [
    ...Array.from({ length: 60 }, (_, n) => inactive(`draft${n}`)),
    ...Array.from({ length: 20 }, (_, n) => active(`live${n}`)),
  ];
  const { app } = await openApp(experiments);
  const keysOf = async (path: string) => {
    const page = await (await app.request(path, { headers: { accept: "text/html" } })).text();
    return { page, keys: [...page.matchAll(/id="group-(\w+)"/g)].map(([, key]) => key) };
  };
  const first = await keysOf("/experiments/force");
  expect(first.keys).toEqual([
    ...Array.from({ length: 20 }, (_, n) => `live${n}`),
    ...Array.from({ length: 30 }, (_, n) => `draft${n}`),
  ]);
  expect(first.page).toContain("30 more experiments are not shown: search for them.");
  const found = await keysOf("/experiments/force?q=DRAFT5");
  expect(found.keys).toEqual(["draft5", ...Array.from({ length: 10 }, (_, n) => `draft5${n}`)]);
  const made = await app.request("/experiments/force", {
    method: "POST",
    body: new URLSearchParams({ "group.draft59": "B", page: "", hours: "8" }),
  });
  const again = await keysOf(`${made.headers.get("location")}&q=live7`);
  expect(again.keys).toEqual(["draft59", "live7"]);
  expect(again.page).toMatch(/name="group.draft59" value="B" checked/);
});

const PARAMS: ReadonlyMap<string, string> = new Map([
  ["key", "e1"],
  ["number", String(EXPERIMENTS + 1)],
]);

test(`every page is small, and takes little work, with ${EXPERIMENTS} experiments and ${CHANGES} changes`, async () => {
  const { app, work } = await appWithMany();
  const routes = app.routes
    .filter(({ method, path }) => method === "GET" && !path.includes("*"))
    .map(({ path }) => pathAsDescribed(path))
    .filter((path) => !/\/(?:live|stream)\b|^\/(?:compat|ofrep)\//.test(path) && !WHOLE.includes(`GET ${path}`));
  const asked = new Set([...routes, "/experiments/e0/history".replace("e0", ":key")]);
  expect(asked.size).toBeGreaterThan(30);
  const found: string[] = [];
  const heavy: string[] = [];
  for (const route of asked) {
    for (const key of route.includes(":key") ? ["e0", "e1"] : [""]) {
      const path = route.replace(/:(\w+)/g, (_, name) => (name === "key" ? key : (PARAMS.get(name) ?? "1")));
      await app.request(path, { headers: { accept: "text/html" } });
      Object.assign(work, { questions: 0, changes: 0 });
      const response = await app.request(path, { headers: { accept: "text/html" } });
      const { length } = Buffer.from(await response.arrayBuffer());
      found.push(path);
      if (length > MAX_PAGE_BYTES || work.changes > MAX_CHANGES_READ || work.questions > MAX_QUESTIONS) {
        heavy.push(
          `${path} (${response.status}): ${length} bytes, ${work.changes} changes, ${work.questions} questions`,
        );
      }
    }
  }
  expect(found).toEqual(expect.arrayContaining(["/experiments", "/experiments/independence", "/experiments/history"]));
  expect(heavy).toEqual([]);
});
