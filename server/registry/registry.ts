import { type Definition, defineExperiment, type Experiment, type State } from "../../core/experiment.ts";
import { checkLinks } from "../../core/links.ts";
import { InvalidInput } from "../../core/parse.ts";
import type { Standing } from "../../core/rehearsal/standing.ts";
import { parseSettings, type Settings } from "../../core/settings.ts";
import { rejectCostlyRoutes, transition } from "../../core/transition.ts";
import { NO_RESERVE, type Reserve } from "../files/reserve.ts";
import { PromiseQueue } from "../memory/promise-queue.ts";
import { Conflict, KeyTaken } from "./errors.ts";
import type { History } from "./history.ts";
import { actionOf, type ExperimentEntry, type NOTES } from "./history-entry.ts";
import { KnownEpochs } from "./known-epochs.ts";
import { reservedKeyProblems } from "./reserved-keys.ts";
import { reverted, stateBefore } from "./revert.ts";
import { Store } from "./store.ts";

/** Author of a change, and its time (ISO 8601 in UTC). */
export interface Author {
  readonly by: string;
  readonly now: string;
}

export type FirstState = Pick<Experiment, "version" | "epoch">;

/** Required and optional fields of a new experiment. */
export interface NewExperiment extends Pick<Experiment, "key" | "groups">, Partial<Omit<Definition, "groups">> {
  /** Default `inactive`; `active` starts it at once. */
  readonly state?: State;
}

/**
 * The experiments, in the order in which they were created, and the settings. Reads are from
 * memory.
 *
 * A change is durable, in the history too, when it resolves. Changes are serialised. If the
 * experiments do not fit together (InvalidInput), a concurrent change came first (Conflict), or the
 * disk rejects it (NotSaved), nothing has changed. `expectedVersion` is the version that the change
 * was made for; null for any.
 */
export interface Registry {
  list(): readonly Experiment[];
  get(key: string): Experiment | undefined;
  /**
   * Version and epoch that the present experiment with a key was created with; undefined for none.
   * They tell it from earlier ones with its key; a removed one that a revert has brought back is
   * the same.
   */
  firstOf(key: string): FirstState | undefined;
  settings(): Settings;
  /** Number of the settings' last change; 0 if they never changed. */
  settingsVersion(): number;
  /** Adds a listener for each changed experiment, called before the change resolves. */
  onChange(listener: (experiment: Experiment) => void): void;
  /** Sets how experiments stand before their start: the history says it of those that start. */
  judgeStarts(judge: (experiment: Experiment) => Standing): void;
  /** Sets which keys no new experiment may have: the events of a removed one are being deleted. */
  withholdKeys(isWithheld: (key: string) => boolean): void;
  /** Adds a listener called after every change of experiments or settings. */
  onWrite(listener: () => void): void;
  /** Present and past epochs of all experiments. */
  readonly epochs: KnownEpochs;
  readonly history: Pick<History, "last" | "damage" | "get" | "page" | "all" | "keys" | "newestOf">;
  /**
   * Throws InvalidInput, KeyTaken. With the key of a removed experiment it continues after that
   * one's last epoch and version.
   */
  create(experiment: NewExperiment, author: Author): Promise<Experiment>;
  /**
   * Replaces one experiment by the result of `change`. Resolves to undefined if there is no such
   * experiment. `reason` is the author's for a start without a rehearsal.
   */
  update(
    key: string,
    change: (experiment: Experiment) => Experiment,
    expectedVersion?: number | null,
    reason?: string,
  ): Promise<Experiment | undefined>;
  /** Replaces all experiments for which `change` returns others, in one write. */
  updateAll(change: (experiment: Experiment) => Experiment): Promise<void>;
  /**
   * Resolves to the removed experiment, or undefined. Throws InvalidInput if another experiment
   * depends on it.
   */
  remove(key: string, author: Author, expectedVersion?: number | null): Promise<Experiment | undefined>;
  /**
   * Reverts a change of an experiment: restores the definition, and the state if the change had
   * changed it. A removed experiment comes back inactive (`expectedVersion` 0: it was not created
   * again). Resolves to undefined if there is no such change, or the expected version has been
   * removed. Throws InvalidInput if the state cannot change that way now, or nothing preceded the
   * change.
   */
  revert(number: number, author: Author, expectedVersion?: number | null): Promise<Experiment | undefined>;
  /**
   * Records an action in the history that changes neither experiments nor settings. Rejects with
   * NotSaved.
   */
  note(action: (typeof NOTES)[number], author: Author, about?: string): Promise<void>;
  /** Makes earlier versions refuse the folder, whose log they could not read. Throws NotSaved. */
  compressLog(): Promise<void>;
  /** Replaces the settings. Throws InvalidInput. */
  updateSettings(
    change: (settings: Settings) => Settings,
    author: Author,
    expectedVersion?: number | null,
  ): Promise<Settings>;
}

/**
 * Opens `path` and the history beside it; in a new folder both are created, with `initial`. Throws
 * CorruptRegistry.
 *
 * @param now ISO 8601 time, for changes made to the file while no server ran
 * @param reserve space for changes if the disk is full
 */
export async function openRegistry(
  path: string,
  initial: readonly Experiment[],
  now: string = new Date().toISOString(),
  reserve: Reserve = NO_RESERVE,
): Promise<Registry> {
  const store = await Store.open(path, initial, now, reserve);
  let settingsVersion = store.history.lastOfSettings;
  const changes = new PromiseQueue();

  const writeListeners: (() => void)[] = [];
  const write: Store["write"] = async (content, entries) => {
    await store.write(content, entries);
    for (const listener of writeListeners) listener();
  };
  const listeners: ((experiment: Experiment) => void)[] = [];
  const epochs = new KnownEpochs();
  const firstStates = new Map<string, FirstState>();
  const noteCreation = ({ key, action, after }: Pick<ExperimentEntry, "key" | "action" | "after">) => {
    if (action === "created" && after !== null) firstStates.set(key, { version: after.version, epoch: after.epoch });
  };
  for await (const entry of store.history.all()) {
    const { key, before, after } = entry;
    if (key === null) continue;
    noteCreation(entry);
    for (const state of [before, after]) if (state) epochs.learn(state);
  }
  for (const experiment of store.content.experiments) epochs.learn(experiment);
  const tell = (experiment: Experiment) => {
    epochs.learn(experiment);
    for (const listener of listeners) listener(experiment);
    return experiment;
  };

  let judgeStart: (experiment: Experiment) => Standing = () => "passed";
  const startFacts = (before: Experiment | null, after: Experiment, reason?: string): Partial<ExperimentEntry> => {
    const isStart = after.state === "active" && before?.state !== "active" && before?.epoch !== after.epoch;
    const rehearsal = isStart ? judgeStart(after) : "passed";
    return rehearsal === "passed" ? {} : { rehearsal, ...(reason === undefined ? {} : { reason }) };
  };

  let isWithheld: (key: string) => boolean = () => false;
  const add = async (draft: NewExperiment, { by, now: at }: Author, more: Partial<ExperimentEntry> = {}) => {
    const { content } = store;
    const { key } = draft;
    if (isWithheld(key)) {
      const allowed = "another key, until the events of the deleted experiment with this one are deleted, too";
      throw new InvalidInput([{ field: "key", value: key, allowed }]);
    }
    const past = content.retired.find((retired) => retired.key === key);
    const after = define(draft, past ? { epoch: past.epoch + 1, version: past.version + 1 } : {}, { by, now: at });
    const experiments = [...content.experiments, after];
    checkLinks(experiments, key);
    const retired = content.retired.filter((other) => other !== past);
    const facts = startFacts(null, after);
    const entry = { key, action: actionOf(null, after), at, by, before: null, after, ...facts, ...more };
    await write({ ...content, experiments, retired }, [entry]);
    noteCreation(entry);
    return tell(after);
  };
  const replaceAll = async (
    pairs: readonly (readonly [before: Experiment, after: Experiment])[],
    more: Partial<ExperimentEntry> = {},
    reason?: string,
  ) => {
    const { content } = store;
    const changed = new Map(pairs);
    const experiments = content.experiments.map((experiment) => changed.get(experiment) ?? experiment);
    checkLinks(experiments, pairs.length === 1 ? pairs[0]?.[0].key : undefined);
    const entries = pairs.map(([before, after]) => {
      const { key, updatedAt: at, updatedBy: by } = after;
      const facts = startFacts(before, after, reason);
      return { key, action: actionOf(before, after), at, by, before, after, ...facts, ...more };
    });
    await write({ ...content, experiments }, entries);
    for (const [, after] of pairs) tell(after);
  };
  const replace = async (
    before: Experiment,
    after: Experiment,
    more: Partial<ExperimentEntry> = {},
    reason?: string,
  ) => {
    await replaceAll([[before, after]], more, reason);
    return after;
  };
  const take = async (before: Experiment, { by, now: at }: Author) => {
    const { content } = store;
    const { key, epoch, version } = before;
    const experiments = content.experiments.filter((experiment) => experiment !== before);
    checkLinks(experiments);
    const retired = [...content.retired, { key, epoch, version }];
    const entry = { key, action: actionOf(before, null), at, by, before, after: null };
    await write({ ...content, experiments, retired }, [entry]);
    return before;
  };

  return {
    list: () => store.content.experiments,
    get: (key) => store.get(key),
    firstOf: (key) => store.get(key) && (firstStates.get(key) ?? { version: 0, epoch: 0 }),
    settings: () => store.content.settings,
    settingsVersion: () => settingsVersion,
    onChange: (listener) => void listeners.push(listener),
    judgeStarts: (judge) => {
      judgeStart = judge;
    },
    withholdKeys: (which) => {
      isWithheld = which;
    },
    onWrite: (listener) => void writeListeners.push(listener),
    epochs,
    history: store.history,
    create: (draft, author) =>
      changes.run(async () => {
        const taken = store.get(draft.key);
        if (taken) throw new KeyTaken(taken);
        const problems = reservedKeyProblems(draft.key);
        if (problems.length > 0) throw new InvalidInput(problems);
        return add(draft, author);
      }),
    update: (key, change, expectedVersion = null, reason = undefined) =>
      changes.run(async () => {
        const current = store.get(key);
        if (!current) return undefined;
        expectVersion(current, current.version, expectedVersion);
        return replace(current, change(current), {}, reason);
      }),
    updateAll: (change) =>
      changes.run(async () => {
        const pairs = store.content.experiments.map((before) => [before, change(before)] as const);
        const changed = pairs.filter(([before, after]) => after !== before);
        if (changed.length > 0) await replaceAll(changed);
      }),
    remove: (key, author, expectedVersion = null) =>
      changes.run(async () => {
        const current = store.get(key);
        if (!current) return undefined;
        expectVersion(current, current.version, expectedVersion);
        return take(current, author);
      }),
    revert: (number, author, expectedVersion = null) =>
      changes.run(async () => {
        const entry = await store.history.get(number);
        if (!entry || entry.key === null) return undefined;
        const current = store.get(entry.key);
        const more = { action: "reverted", reverts: number } as const;
        if (!current && expectedVersion !== null && expectedVersion !== 0) return undefined;
        if (!current) return add({ key: entry.key, ...stateBefore(entry).definition }, author, more);
        expectVersion(current, current.version, expectedVersion);
        return replace(current, reverted(entry, current, author), more);
      }),
    note: (action, { by, now: at }, about) =>
      changes.run(async () => {
        const { settings } = store.content;
        const more = about === undefined ? {} : { about };
        await write(store.content, [{ key: null, action, at, by, ...more, before: settings, after: settings }]);
      }),
    compressLog: () =>
      changes.run(async () => {
        if (!store.content.isLogCompressed) await write({ ...store.content, isLogCompressed: true }, []);
      }),
    updateSettings: (change, { by, now: at }, expectedVersion = null) =>
      changes.run(async () => {
        const before = store.content.settings;
        expectVersion(before, settingsVersion, expectedVersion);
        const after = parseSettings(change(before));
        await write({ ...store.content, settings: after }, [{ key: null, action: "settings", at, by, before, after }]);
        settingsVersion = store.history.last;
        return after;
      }),
  };
}

function define(
  { state = "inactive", ...draft }: NewExperiment,
  first: Partial<Pick<Experiment, "epoch" | "version">>,
  { by, now }: Author,
): Experiment {
  rejectCostlyRoutes(draft.routes);
  const created = defineExperiment({ ...draft, ...first }, now, by);
  if (state === "inactive") return created;
  return { ...transition(created, { state, by }, now), version: created.version };
}

function expectVersion(current: Experiment | Settings, version: number, expected: number | null): void {
  if (expected !== null && expected !== version) throw new Conflict(current, version, expected);
}
