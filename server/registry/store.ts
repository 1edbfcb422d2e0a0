import { dirname, join } from "node:path";
import { Low } from "lowdb";
import type { Experiment } from "../../core/experiment.ts";
import { checkLinks } from "../../core/links.ts";
import { NO_RESERVE, type Reserve } from "../files/reserve.ts";
import { NEW_CONTENT, type RegistryContent } from "./content.ts";
import { NotSaved } from "./errors.ts";
import { CorruptRegistry, ExperimentsFile } from "./experiments-file.ts";
import { explain } from "./explain.ts";
import { HISTORY_FILE, History } from "./history.ts";
import type { NewEntry } from "./history-entry.ts";

/**
 * The registry's content in memory and in `experiments.json`, and its changes in `history.ndjson`.
 * A change is written in this order, each step durable before the next: the history's line, the
 * file that names its number, the memory.
 */
export class Store {
  readonly history: History;
  readonly #file: ExperimentsFile;
  readonly #low: Low<RegistryContent>;
  readonly #reserve: Reserve;
  #byKey: ReadonlyMap<string, Experiment>;

  private constructor(file: ExperimentsFile, low: Low<RegistryContent>, history: History, reserve: Reserve) {
    this.#reserve = reserve;
    this.#file = file;
    this.#low = low;
    this.history = history;
    this.#byKey = index(low.data);
  }

  /**
   * Opens the files, or creates them with `initial`. Differences from the history's last state
   * become changes.
   *
   * @param now ISO 8601 time in UTC
   * @throws CorruptRegistry, InvalidInput
   */
  static async open(
    path: string,
    initial: readonly Experiment[],
    now: string,
    reserve: Reserve = NO_RESERVE,
  ): Promise<Store> {
    const file = new ExperimentsFile(path);
    const low = new Low<RegistryContent>(file, NEW_CONTENT);
    const before = await file.read();
    low.data = before ?? { ...NEW_CONTENT, experiments: initial };
    checkLinks(low.data.experiments);
    // Write it before the history: a history without this file would indicate a lost registry.
    if (!before) await low.write();
    const historyPath = join(dirname(path), HISTORY_FILE);
    const history = await History.open(historyPath, low.data.history).catch((error: Error) => {
      const advice = "A start without it, after moving it away, begins a new one and goes on with its numbers.";
      throw new CorruptRegistry(historyPath, `cannot be opened: ${error.message}`, advice);
    });
    const store = new Store(file, low, history, reserve);
    const finding = { action: before ? "imported" : "created", by: "start", now } as const;
    const { content, changes } = explain(low.data, await history.newest(), finding);
    if (changes.length > 0 || low.data.history !== history.last) {
      await store.#write(content, changes, (next) => file.rewrite(next));
    }
    return store;
  }

  get content(): RegistryContent {
    return this.#low.data;
  }

  get(key: string): Experiment | undefined {
    return this.#byKey.get(key);
  }

  /**
   * Writes the changes and the resulting content. One caller at a time. Throws NotSaved; then
   * nothing has changed.
   */
  async write(content: RegistryContent, changes: readonly NewEntry[]): Promise<void> {
    await this.#reserve.spend(() => this.#write(content, changes, (next) => this.#file.write(next)));
  }

  async #write(
    content: RegistryContent,
    changes: readonly NewEntry[],
    save: (content: RegistryContent) => Promise<void>,
  ): Promise<void> {
    let next: RegistryContent | null = null;
    try {
      const entries = await this.history.prepare(changes);
      next = { ...content, history: entries.at(-1)?.number ?? this.history.last };
      // Write first, then change memory: lowdb keeps a change in memory even if its write failed.
      await save(next);
    } catch (error) {
      const found = next && (await this.#file.read().catch(() => null));
      // If the file was replaced and only the sync of its folder failed, the new content counts.
      if (next && found?.history === next.history) this.#accept(next);
      else await this.history.drop().catch(() => undefined);
      throw new NotSaved(error);
    }
    this.#accept(next);
  }

  #accept(content: RegistryContent): void {
    this.history.accept();
    this.#low.data = content;
    this.#byKey = index(content);
  }
}

function index({ experiments }: RegistryContent): ReadonlyMap<string, Experiment> {
  return new Map(experiments.map((experiment) => [experiment.key, experiment]));
}
