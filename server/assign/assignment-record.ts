import { randomBytes, randomUUID } from "node:crypto";
import type { Evaluation } from "../../core/evaluate.ts";
import { MAX_TEXT_LENGTH } from "../../core/event-limits.ts";
import type { Experiment } from "../../core/experiment.ts";
import { type Fingerprint, fingerprint, type Seeds } from "../../core/sticky/fingerprint.ts";
import type { EventLog } from "../events/log.ts";
import { RecentIds } from "../events/recent-ids.ts";
import type { RateLimit } from "../http/rate-limit.ts";

/** An experiment with the group that a unit was assigned. */
export type Assigned = readonly [experiment: Experiment, evaluation: Evaluation];

/** Two generations of 8 MiB each: at least the newest 600,000 answers are known. */
const GENERATION = 600_000;
const GENERATIONS = 2;

/** IDs of a request for groups; at least one of device and account. */
interface AskedIds {
  readonly deviceId?: string;
  readonly accountId?: string;
  readonly sessionId?: string;
}

/** Circumstances of a request for groups. */
interface Asked extends AskedIds {
  readonly path: string | undefined;
  /** ID of the simulator's run; null for a visitor. */
  readonly run: string | null;
  /**
   * Returns the client's address, as used by rate limits; called only if there is something to
   * record.
   */
  readonly address: () => string;
}

/**
 * Records assignments as `exp_groups` events, for `fairsplit verify`. An assignment already
 * recorded is not recorded again: otherwise every page view would store one, and clients could fill
 * the disk with requests. The number per address and minute is limited; further ones are counted as
 * shed.
 */
export class AssignmentRecord {
  readonly #log: EventLog;
  readonly #limit: RateLimit;
  readonly #recorded = new RecentIds(GENERATION, GENERATIONS);
  readonly #seeds: Seeds = { high: randomBytes(4).readUInt32LE(), low: randomBytes(4).readUInt32LE() };

  constructor(log: EventLog, limit: RateLimit) {
    this.#log = log;
    this.#limit = limit;
  }

  /**
   * Records the assignment if it is new, without delaying the caller. Returns its fingerprint, by
   * which `isRecorded` knows it.
   */
  add(assigned: readonly Assigned[], asked: Asked): Fingerprint {
    const print = fingerprint(signature(assigned, asked), this.#seeds);
    if (this.isRecorded(print)) {
      if (asked.run === null) this.visitBegan(asked);
    } else {
      this.#recorded.add(print);
      void this.#store(assigned, asked).catch(() => undefined);
    }
    return print;
  }

  /** Whether an assignment would not be recorded again. */
  isRecorded(print: Fingerprint): boolean {
    return this.#recorded.has(print);
  }

  /** Notes that a device whose assignment is recorded came again. */
  visitBegan({ deviceId, path }: Pick<Asked, "deviceId" | "path">): void {
    if (deviceId !== undefined) this.#log.visitBegan(deviceId, path ?? "");
  }

  async #store(assigned: readonly Assigned[], asked: Asked): Promise<void> {
    const { deviceId, accountId, sessionId, path, run, address } = asked;
    if (this.#log.room() !== "enough") {
      this.#log.drop("shed", 1);
      return;
    }
    const ts = new Date().toISOString();
    if (run === null && (await this.#limit.take(address())) !== null) {
      this.#log.drop("shed", 1);
      return;
    }
    const unusual = assigned.filter(([, { reason }]) => !USUAL.has(reason));
    await this.#log.append([
      {
        id: randomUUID(),
        ts,
        ...(deviceId === undefined ? {} : { deviceId }),
        ...(accountId === undefined ? {} : { accountId }),
        ...(sessionId === undefined ? {} : { sessionId }),
        event: "exp_groups",
        source: "backend",
        ...(path === undefined ? {} : { path: path.slice(0, MAX_TEXT_LENGTH) }),
        params: Object.fromEntries(assigned.map(([{ key }, { group }]) => [key, group])),
        // Epochs let `fairsplit verify` find the definition behind the groups.
        epochs: Object.fromEntries(assigned.map(([{ key }, { epoch }]) => [key, epoch])),
        ...(unusual.length === 0
          ? {}
          : { reasons: Object.fromEntries(unusual.map(([{ key }, { reason }]) => [key, reason])) }),
        ...(run === null ? {} : { run }),
      },
    ]);
  }
}

/** Reasons implied by the experiment's state; others are recorded with the groups. */
const USUAL: ReadonlySet<string> = new Set(["hash", "inactive", "rollout"] satisfies Evaluation["reason"][]);

/** Text that differs whenever the records of two assignments would. */
function signature(assigned: readonly Assigned[], { deviceId, accountId, sessionId, run }: Asked): string {
  let text = JSON.stringify([deviceId, accountId, sessionId, run]);
  for (const [{ key }, { group, reason, epoch }] of assigned) {
    text += `\n${key} ${epoch} ${reason} ${group}`;
  }
  return text;
}
