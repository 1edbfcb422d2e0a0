import type { Experiment } from "../../../core/experiment.ts";
import { startedOf } from "../../../core/started.ts";
import { transition } from "../../../core/transition.ts";
import { PromiseQueue } from "../../memory/promise-queue.ts";
import type { Registry } from "../../registry/registry.ts";

const AUTHOR = "compat:django";

/** The experiments with the numbers used by the platform's clients. */
export class Numbered {
  readonly #registry: Registry;
  readonly #queue = new PromiseQueue();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** All experiments; those without a number get the next ones, durably. */
  async list(): Promise<readonly Experiment[]> {
    const isDone = () => this.#registry.list().every(({ external }) => external?.id !== undefined);
    if (!isDone()) await this.#queue.run(() => this.#number());
    return this.#registry.list();
  }

  /** Experiments visible without a token. */
  async started(): Promise<readonly Experiment[]> {
    return startedOf(await this.list());
  }

  async get(id: string): Promise<Experiment | undefined> {
    return withNumber(id, await this.list());
  }

  async getStarted(id: string): Promise<Experiment | undefined> {
    return withNumber(id, await this.started());
  }

  /** The number of the next experiment. */
  next(): number {
    return 1 + Math.max(0, ...this.#registry.list().map(({ external }) => external?.id ?? 0));
  }

  /** In one write: with hundreds of experiments, one each would take many seconds. */
  async #number(): Promise<void> {
    const now = new Date().toISOString();
    let last: number | null = null;
    await this.#registry.updateAll((experiment) => {
      const { external } = experiment;
      if (external?.id !== undefined) return experiment;
      last = last === null ? this.next() : last + 1;
      return transition(experiment, { by: AUTHOR, definition: { external: { ...external, id: last } } }, now);
    });
  }
}

function withNumber(id: string, experiments: readonly Experiment[]): Experiment | undefined {
  return /^\d{1,15}$/.test(id) ? experiments.find(({ external }) => external?.id === Number(id)) : undefined;
}
