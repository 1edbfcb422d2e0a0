import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Experiment } from "../../../../core/experiment.ts";
import { parseContent } from "../../../../server/registry/content.ts";
import type { Entry } from "../../../../server/registry/history-entry.ts";
import { verify } from "../../../../server/verify/verify.ts";
import { startServer } from "../../rig/admin-server.ts";
import { temporaryFolder } from "../../rig/open-app.ts";

/** An even number: half of the clients edit each of two experiments. */
const CLIENTS = 50;
/** Run more with `FAIRSPLIT_KILLS=10 npm test -- test/server/admin`. */
const KILLS = Number(process.env.FAIRSPLIT_KILLS ?? 4);
const GROUPS = [
  { name: "A", weight: 50 },
  { name: "B", weight: 50 },
];

/** The outcome of a client's edit; its title is unique. */
interface Edit {
  readonly title: string;
  readonly experiment: Experiment;
}

/**
 * Numbers are 1, 2, 3 …; each change's `before` is the `after` of the experiment's previous one.
 */
function expectUnbroken(entries: readonly Entry[]) {
  expect(entries.map(({ number }) => number)).toEqual(entries.map((_, index) => index + 1));
  const states = new Map<string | null, unknown>();
  for (const { key, before, after } of entries) {
    expect(before).toEqual(states.get(key) ?? null);
    states.set(key, after);
  }
  return states;
}

/** Every acknowledged edit is in the history once, as it was answered. */
function expectOnce(entries: readonly Entry[], edits: readonly Edit[]) {
  const byTitle = new Map<string, Entry[]>();
  for (const entry of entries) {
    if (entry.key === null || entry.after === null || entry.action !== "edited") continue;
    byTitle.set(entry.after.title, [...(byTitle.get(entry.after.title) ?? []), entry]);
  }
  for (const { title, experiment } of edits) {
    expect(byTitle.get(title)?.map(({ after }) => after)).toEqual([experiment]);
  }
}

describe("clients that edit at once over HTTP", () => {
  test("each from what it has read: one wins every round, nobody overwrites, and every edit is in the history once", async () => {
    const data = await temporaryFolder();
    const { send, history, child, closed } = await startServer(data);
    for (const key of ["one", "two"]) await send("POST", "/experiments", { key, groups: GROUPS });
    const edits: Edit[] = [];
    let conflicts = 0;
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      const key = client % 2 ? "one" : "two";
      let version = 1;
      for (;;) {
        const title = `client ${client}`;
        const answer = await send("PUT", `/experiments/${key}`, { title }, version);
        if (answer?.status === 200) {
          // No edit overwrites another: its version follows the one that the client had seen.
          expect(answer.body).toMatchObject({ title, version: version + 1 });
          edits.push({ title, experiment: answer.body });
          return;
        }
        expect(answer?.status).toBe(412);
        conflicts += 1;
        expect(answer?.body.current.version).toBeGreaterThan(version);
        version = answer?.body.current.version;
      }
    });
    await Promise.all(clients);
    expect(edits).toHaveLength(CLIENTS);
    expect(conflicts).toBeGreaterThan(CLIENTS);

    const entries = await history();
    expect(entries).toHaveLength(CLIENTS + 2);
    const states = expectUnbroken(entries);
    expectOnce(entries, edits);
    const experiments = (await send("GET", "/experiments"))?.body as Experiment[];
    expect(experiments.map(({ version }) => version)).toEqual([1 + CLIENTS / 2, 1 + CLIENTS / 2]);
    for (const experiment of experiments) expect(states.get(experiment.key)).toEqual(experiment);

    child.kill("SIGTERM");
    await closed;
    expect(parseContent(await readFile(join(data, "experiments.json"))).experiments).toEqual(experiments);
    expect(await verify(data)).toMatchObject({ ok: true, history: { changes: CLIENTS + 2, unfinished: 0 } });
  });

  test("all for the same version: one is acknowledged, 99 are stale", async () => {
    const { send, history } = await startServer(await temporaryFolder());
    await send("POST", "/experiments", { key: "one", groups: GROUPS });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, client) => send("PUT", "/experiments/one", { title: `client ${client}` }, 1)),
    );
    const statuses = answers.map((answer) => answer?.status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(99);
    expect(await history()).toHaveLength(2);
  });

  test("that create, remove and create the same keys never begin an epoch or a version twice", async () => {
    const { send, history } = await startServer(await temporaryFolder());
    const clients = Array.from({ length: 20 }, async (_, client) => {
      const key = `key${client % 4}`;
      for (let n = 0; n < 3; n += 1) {
        const created = await send("POST", "/experiments", { key, groups: GROUPS, state: "active" });
        if (created?.status === 201) await send("DELETE", `/experiments/${key}`, undefined, created.body.version);
      }
    });
    await Promise.all(clients);
    const entries = await history();
    expectUnbroken(entries);
    for (const key of ["key0", "key1", "key2", "key3"]) {
      const created = entries.flatMap((entry) => (entry.key === key && entry.action === "created" ? entry.after : []));
      const epochs = created.map((experiment) => experiment?.epoch ?? 0);
      expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
      expect(created.length).toBeGreaterThan(1);
    }
  });
});

test("kills while clients edit: every acknowledged change is there, and history and file agree", async () => {
  const data = await temporaryFolder();
  const edits: Edit[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const { send, child, closed } = await startServer(data);
    if (kill === 0) for (const key of ["one", "two"]) await send("POST", "/experiments", { key, groups: GROUPS });
    const seen = (await send("GET", "/experiments"))?.body as Experiment[];
    let answers = 0;
    let isDead = false;
    void closed.then(() => {
      isDead = true;
    });
    const clients = Array.from({ length: 8 }, async (_, client) => {
      const key = client % 2 ? "one" : "two";
      let version = seen.find((experiment) => experiment.key === key)?.version;
      for (let n = 0; !isDead; n += 1) {
        const title = `edit ${kill}.${client}.${n}`;
        const answer = await send("PUT", `/experiments/${key}`, { title }, version);
        // A connection may break before the kill: some client must remain to kill the server.
        if (answer === null) continue;
        if (answer.status === 200) {
          edits.push({ title, experiment: answer.body });
          answers += 1;
          // Vary the number, so that the kill hits another step.
          if (answers === 5 + 7 * kill) child.kill("SIGKILL");
        }
        version = (answer.body.current ?? answer.body).version;
      }
    });
    await Promise.all([closed, ...clients]);
    const { ok, details, history } = await verify(data);
    expect(details).toEqual([]);
    expect(ok).toBe(true);
    expect(history.unfinished).toBeLessThan(2);
  }

  const { send, history, child } = await startServer(data);
  const entries = await history();
  const states = expectUnbroken(entries);
  expectOnce(entries, edits);
  const experiments = (await send("GET", "/experiments"))?.body as Experiment[];
  for (const experiment of experiments) expect(states.get(experiment.key)).toEqual(experiment);
  expect(edits.length).toBeGreaterThan(15 * KILLS);
  child.kill("SIGTERM");
  await once(child, "close");
  expect(await verify(data)).toMatchObject({ ok: true, history: { unfinished: 0 } });
}, 60_000);
