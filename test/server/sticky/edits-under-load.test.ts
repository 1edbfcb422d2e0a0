import { expect, test } from "vitest";
import { assign, type WeightedGroup } from "../../../core/assign.ts";
import type { Experiment } from "../../../core/experiment.ts";
import { verify } from "../../../server/verify/verify.ts";
import { startServer } from "../rig/admin-server.ts";
import { temporaryFolder } from "../rig/open-app.ts";

const KEY = "edited";
const WEIGHTS = [
  [51, 50],
  [60, 40],
  [1, 3],
  [70, 30],
];
/** Run more with `FAIRSPLIT_KILLS=10 npm test -- test/server/sticky`. */
const KILLS = Number(process.env.FAIRSPLIT_KILLS ?? 3);
const EDITS = 6;
const VISITORS = 6;

interface Answer {
  readonly group: string;
  readonly epoch: number;
  readonly reason: string;
}

const groupsOf = ([a = 0, b = 0]: readonly number[]) => [
  { name: "A", weight: a },
  { name: "B", weight: b },
];

test("while two admins change the weights at once and the server is killed, each answer is of one whole epoch, and who was exposed keeps its group", async () => {
  const data = await temporaryFolder();
  /** Groups by epoch, as acknowledged or found after a kill. */
  const epochs = new Map<number, readonly WeightedGroup[]>();
  const learn = ({ epoch, groups }: Experiment) => {
    epochs.set(
      epoch,
      groups.map(({ name, weight }) => [name, weight] as const),
    );
  };
  /** First acknowledged exposure of each device. */
  const exposed = new Map<string, Answer>();
  const answers: (Answer & { readonly device: string })[] = [];
  /** Exposed devices that were given something else. */
  const moved: unknown[] = [];
  /** Exposed devices that would have another group without stickiness. */
  let kept = 0;
  let devices = 0;

  for (let kill = 0; kill <= KILLS; kill += 1) {
    const { base, child, closed, send } = await startServer(data, ["--rate-limit", "0", "--new-devices", "0"]);
    if (kill === 0) {
      await send("POST", "/experiments", { key: KEY, groups: groupsOf([50, 50]), state: "active" });
    }
    const found = (await send("GET", `/experiments/${KEY}`))?.body as Experiment;
    learn(found);
    let version = found.version;
    let isOver = false;
    void closed.then(() => {
      isOver = true;
    });

    const ask = async (device: string): Promise<Answer> => {
      const response = await fetch(`${base}/api/expgroups?device_id=${device}`);
      return ((await response.json()) as Record<string, Answer>)[KEY] as Answer;
    };
    const visit = async (device: string) => {
      const answer = await ask(device);
      answers.push({ ...answer, device });
      const before = exposed.get(device);
      if (before) {
        if (answer.group !== before.group || answer.epoch !== before.epoch) moved.push({ device, before, answer });
        return;
      }
      const { group, epoch } = answer;
      const response = await fetch(`${base}/events`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ deviceId: device, event: "exposure", experiment: KEY, group, epoch }),
      });
      if (response.ok) exposed.set(device, answer);
    };
    const visitors = Array.from({ length: VISITORS }, async (_, visitor) => {
      for (let n = 0; !isOver; n += 1) {
        const known = [...exposed.keys()].filter((_, i) => i % VISITORS === visitor);
        const again = n % 2 === 1 ? known[n % known.length] : undefined;
        devices += again === undefined ? 1 : 0;
        // A killed server answers nothing.
        await visit(again ?? `device-${visitor}-${devices}`).catch((error) => {
          if (!(error instanceof TypeError)) throw error;
        });
      }
    });

    for (let edit = 0; edit < EDITS; edit += 1) {
      const groups = groupsOf(WEIGHTS[(kill + edit) % WEIGHTS.length] ?? []);
      const both = [
        send("PUT", `/experiments/${KEY}`, { groups }, version),
        send("PUT", `/experiments/${KEY}`, { groups: groupsOf([9, edit + 1]) }, version),
      ];
      // The last edits meet the kill in some step.
      if (kill < KILLS && edit === EDITS - 1) {
        setTimeout(() => child.kill("SIGKILL"), 1 + 2 * kill);
        await Promise.all([...both, closed]);
        break;
      }
      const [one, other] = await Promise.all(both);
      expect([one?.status, other?.status].sort()).toEqual([200, 412]);
      const won = (one?.status === 200 ? one : other)?.body as Experiment;
      learn(won);
      version = won.version;
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    if (kill === KILLS) {
      isOver = true;
      await Promise.all(visitors);
      const now = epochs.get(Math.max(...epochs.keys())) ?? [];
      for (const [device, { group, epoch }] of exposed) {
        expect(await ask(device)).toMatchObject({ group, epoch });
        if (assign(device, KEY, now) !== group) kept += 1;
      }
      child.kill("SIGTERM");
      await closed;
    } else {
      await Promise.all(visitors);
    }
  }

  for (const { device, group, epoch, reason } of answers) {
    if (reason === "hash") expect(group).toBe(assign(device, KEY, epochs.get(epoch) ?? []));
  }
  expect(exposed.size).toBeGreaterThan(50);
  expect(moved).toEqual([]);
  expect(kept).toBeGreaterThan(10);
  expect(await verify(data)).toMatchObject({ ok: true });
}, 60_000);
