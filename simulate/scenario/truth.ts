import { add } from "../checks/accounting.ts";
import type { Scenario } from "./scenario.ts";

/** An event as a visitor's browser sends it. */
export interface SentEvent {
  readonly id: string;
  readonly ts: string;
  readonly deviceId: string;
  readonly accountId?: string;
  readonly path: string;
  readonly event: string;
  readonly experiment?: string;
  readonly group?: string;
  readonly epoch?: number;
  readonly value?: number;
}

export type Deed = SentEvent;

/** A unit of an experiment, with its goals since the first exposure. */
interface Unit {
  readonly group: string;
  readonly firstMs: number;
  /** By goal: events, and the sum of their values in cents. */
  readonly goals: Map<string, { events: number; cents: number }>;
}

/** Sums of one goal in one group. */
export interface GoalTruth {
  converted: number;
  events: number;
  cents: number;
  /** Sum of squares of the units' totals: events of a count, cents of a value. */
  squares: number;
}

/** Counts of one group of an experiment, by what visitors did. */
export interface GroupTruth {
  units: number;
  readonly goals: Map<string, GoalTruth>;
  /** Units by the day of their first exposure, in UTC. */
  readonly days: Map<string, number>;
}

/**
 * The truth of a scenario: counted from what visitors did, in another way than the server's, so
 * that both can be compared.
 */
export class Truth {
  readonly #scenario: Scenario;
  /** Events by device, event and experiment. */
  readonly sent = new Map<string, number>();
  /** By experiment, then by group. */
  readonly groups = new Map<string, Map<string, GroupTruth>>();
  /** Devices by the groups of two experiments: `a b` to `groupA groupB` to a number. */
  readonly pairs = new Map<string, Map<string, number>>();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    for (const [key, { groups }] of Object.entries(scenario.experiments)) {
      const empty = Object.keys(groups).map(
        (group) => [group, { units: 0, goals: new Map(), days: new Map() }] as const,
      );
      this.groups.set(key, new Map<string, GroupTruth>(empty));
    }
  }

  /** Counts one person. No unit belongs to two persons. */
  add(deeds: readonly Deed[]): void {
    for (const { deviceId, event, experiment } of deeds) {
      add(this.sent, deviceId, event, experiment);
    }
    const groupsOf = new Map<string, Map<string, string>>();
    for (const [key, { unit }] of Object.entries(this.#scenario.experiments)) {
      for (const [id, found] of unitsOf(deeds, key, unit, Object.keys(this.#scenario.goals))) {
        this.#count(key, found);
        if (unit === "device") groupsOf.set(id, (groupsOf.get(id) ?? new Map()).set(key, found.group));
      }
    }
    for (const groups of groupsOf.values()) this.#pair([...groups]);
  }

  #count(key: string, { group, goals, firstMs }: Unit): void {
    const counts = this.groups.get(key)?.get(group);
    if (!counts) return;
    counts.units += 1;
    const day = new Date(firstMs).toISOString().slice(0, 10);
    counts.days.set(day, (counts.days.get(day) ?? 0) + 1);
    for (const [goal, { events, cents }] of goals) {
      const sums = counts.goals.get(goal) ?? { converted: 0, events: 0, cents: 0, squares: 0 };
      counts.goals.set(goal, sums);
      sums.converted += 1;
      sums.events += events;
      sums.cents += cents;
      sums.squares += this.#scenario.goals[goal]?.kind === "count" ? events ** 2 : cents ** 2;
    }
  }

  #pair(groups: readonly (readonly [key: string, group: string])[]): void {
    for (const [place, [a, groupOfA]] of groups.entries()) {
      for (const [b, groupOfB] of groups.slice(place + 1)) {
        const pair = JSON.stringify([a, b]);
        const cells = this.pairs.get(pair) ?? new Map<string, number>();
        this.pairs.set(pair, cells);
        const cell = JSON.stringify([groupOfA, groupOfB]);
        cells.set(cell, (cells.get(cell) ?? 0) + 1);
      }
    }
  }
}

function unitsOf(
  deeds: readonly Deed[],
  key: string,
  unit: "device" | "account",
  goals: readonly string[],
): Map<string, Unit> {
  const idOf = ({ deviceId, accountId }: Deed) => (unit === "device" ? deviceId : accountId);
  const units = new Map<string, Unit>();
  for (const deed of deeds) {
    if (deed.event !== "exposure" || deed.experiment !== key) continue;
    const id = idOf(deed);
    const firstMs = Date.parse(deed.ts);
    const known = id === undefined ? undefined : units.get(id);
    if (id !== undefined && (known === undefined || firstMs < known.firstMs)) {
      units.set(id, { group: deed.group ?? "", firstMs, goals: new Map() });
    }
  }
  for (const deed of deeds) {
    const found = units.get(idOf(deed) ?? "");
    if (!found || !goals.includes(deed.event) || Date.parse(deed.ts) < found.firstMs) continue;
    const sums = found.goals.get(deed.event) ?? { events: 0, cents: 0 };
    found.goals.set(deed.event, sums);
    sums.events += 1;
    sums.cents += Math.round((deed.value ?? 0) * 100);
  }
  return units;
}
