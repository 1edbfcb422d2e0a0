import { describe, expect, test } from "vitest";
import type { Event } from "../../core/event.ts";
import { type Tally, type TallyOptions, tally } from "../../core/tally.ts";
import { event, exposure, order } from "./made-events.ts";

const KEY = "headline_test";

/** The events of an account; the device is left out where it is null. */
const by = (accountId: string, made: Event, device: string | null = made.deviceId ?? null): Event => {
  const { deviceId: _, ...rest } = made;
  return { ...rest, ...(device === null ? {} : { deviceId: device }), accountId };
};
const backEnd = (accountId: string, second: number, value = 1) => by(accountId, order("", second, value), null);

const counted = (events: Event[], options: Partial<TallyOptions> = {}): Tally =>
  tally(KEY, events, { goals: ["order"], run: null, ...options });

/** Units, converted ones and orders of each group. */
const groupsOf = ({ epochs: [epoch] }: Tally) =>
  Object.fromEntries(
    (epoch?.groups ?? []).map(({ group, devices, goals: [goal] }) => [group, [devices, goal?.devices, goal?.events]]),
  );

describe("an experiment of accounts", () => {
  const log = [
    by("a1", exposure("phone", 0, "A")),
    by("a1", exposure("laptop", 1, "A")),
    by("a1", order("laptop", 2, 5)),
    backEnd("a1", 3),
    by("a2", exposure("phone", 4, "B")),
    order("phone", 5, 7),
    exposure("tablet", 6, "A"),
  ];

  test("counts each account once, on however many devices, and what a back end says of it", () => {
    expect(groupsOf(counted(log, { unit: "account" }))).toEqual({ A: [1, 1, 2], B: [1, 0, 0] });
    expect(groupsOf(counted(log))).toEqual({ A: [3, 2, 3] });
  });

  test("counts exposures without an account apart, by epoch", () => {
    const more = [exposure("tablet", 7, "A"), exposure("tablet", 8, "A", { epoch: 2 }), exposure("x", 9, "A")];
    expect(counted([...log, ...more], { unit: "account" }).withoutUnit).toEqual([
      { epoch: 1, exposures: 3 },
      { epoch: 2, exposures: 1 },
    ]);
    expect(counted(log)).not.toHaveProperty("withoutUnit");
  });

  test("leaves out what is in an account's place in lines of earlier versions", () => {
    const strange = [1, "", null, true, { a: 1 }].map((accountId, n) =>
      exposure(`d${n}`, n, "A", { accountId } as never),
    );
    expect(counted(strange, { unit: "account" })).toMatchObject({ epochs: [], withoutUnit: [{ exposures: 5 }] });
  });
});

test("an experiment of sessions counts sessions, in either spelling", () => {
  const log = [
    exposure("d1", 0, "A", { session_id: "s1" }),
    exposure("d1", 1, "B", { sessionId: "s2" }),
    event("order", "d2", 2, { session_id: "s2" }),
    order("d1", 3),
  ];
  expect(groupsOf(counted(log, { unit: "session" }))).toEqual({ A: [1, 0, 0], B: [1, 1, 1] });
});

test("an experiment that draws anew at every request has exposures and no units", () => {
  const log = [exposure("d1", 0, "A"), exposure("d1", 1, "B"), order("d1", 2)];
  expect(counted(log, { unit: "random" })).toMatchObject({ epochs: [], withoutUnit: [{ epoch: 1, exposures: 2 }] });
});

describe("in an experiment of devices, what a back end says of an account", () => {
  const exposed = [exposure("phone", 10, "A"), exposure("laptop", 20, "B")];
  const login = (account: string, device: string, second: number) => by(account, event("login", device, second));

  test.each<[what: string, log: Event[], groups: object]>([
    ["counts for its device", [...exposed, login("a", "laptop", 30), backEnd("a", 31)], { A: [1, 0, 0], B: [1, 1, 1] }],
    [
      "counts once, for the device that was exposed first",
      [...exposed, login("a", "laptop", 30), login("a", "phone", 30), backEnd("a", 31), backEnd("a", 32)],
      { A: [1, 1, 2], B: [1, 0, 0] },
    ],
    [
      "counts for a device only from the time on at which the two were seen together",
      [...exposed, login("a", "laptop", 25), backEnd("a", 26), login("a", "phone", 30), backEnd("a", 30)],
      { A: [1, 1, 1], B: [1, 1, 1] },
    ],
    [
      "does not count before the exposure",
      [login("a", "phone", 0), backEnd("a", 9), ...exposed],
      { A: [1, 0, 0], B: [1, 0, 0] },
    ],
    [
      "counts in the exposure's millisecond",
      [login("a", "phone", 0), backEnd("a", 10), ...exposed],
      { A: [1, 1, 1], B: [1, 0, 0] },
    ],
    ["counts for nobody whom nothing links to it", [...exposed, backEnd("a", 31)], { A: [1, 0, 0], B: [1, 0, 0] }],
    [
      "counts for the device that the event names, whatever its account",
      [...exposed, login("a", "phone", 30), by("a", order("laptop", 31))],
      { A: [1, 0, 0], B: [1, 1, 1] },
    ],
    [
      "is not that of a simulator's run",
      [...exposed, { ...login("a", "phone", 30), run: "r1" }, backEnd("a", 31)],
      { A: [1, 0, 0], B: [1, 0, 0] },
    ],
  ])("%s", (_, log, groups) => {
    expect(groupsOf(counted(log))).toEqual(groups);
    expect(groupsOf(counted(log.toReversed()))).toEqual(groups);
  });

  test("of two devices exposed in the same millisecond counts for the one first in the log", () => {
    const both = [login("a", "phone", 0), login("a", "laptop", 0), backEnd("a", 11)];
    const [phone, laptop] = [exposure("phone", 10, "A"), exposure("laptop", 10, "B")];
    expect(groupsOf(counted([...both, phone, laptop]))).toEqual({ A: [1, 1, 1], B: [1, 0, 0] });
    expect(groupsOf(counted([laptop, phone, ...both]))).toEqual({ A: [1, 0, 0], B: [1, 1, 1] });
  });

  test("accounts whose devices are in different groups of an epoch are counted", () => {
    const split = [login("a", "phone", 30), login("a", "laptop", 31), login("b", "phone", 32), login("c", "other", 33)];
    expect(counted([...exposed, ...split]).epochs[0]?.splitAccounts).toBe(1);
    expect(counted([...exposed, ...split.slice(1)]).epochs[0]).not.toHaveProperty("splitAccounts");
    const other = exposure("laptop", 5, "B", { epoch: 2 });
    expect(counted([...exposed, other, ...split]).epochs.map(({ splitAccounts = 0 }) => splitAccounts)).toEqual([0, 0]);
  });
});
