import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { CrossTally } from "../../core/cross-tally.ts";
import { isThere } from "../events/segment-file.ts";
import { type Position, plainSegments } from "../events/segments.ts";
import { PromiseQueue } from "../memory/promise-queue.ts";
import { Answers } from "./answers.ts";
import { Archive, type ArchivedSegment } from "./archive.ts";
import { Compaction } from "./compaction.ts";
import type { Analysis } from "./contract.ts";
import { ENGINE, type Engine, type EngineOptions } from "./engine.ts";
import { crossTallyFiles, reachedAtFiles, sharedFiles, tallyFiles, trafficFiles } from "./log-analysis.ts";
import type { EventFile } from "./log-source.ts";
import { Tail } from "./tail.ts";

/**
 * Analyses a server's log as of the time of the query. Results and errors equal those of the
 * functions of the same names in `core/`. Answers are cached until the log grows.
 */
export interface LogAnalysis extends Analysis {
  /** Makes missing copies of closed segments and compresses their lines, in the background. */
  compact(): Promise<void>;
  /** Lends the engine between questions, for work on files that no query may see halfway. */
  useEngine<Result>(work: (engine: Engine) => Promise<Result>): Promise<Result>;
  /** Forgets what was known of the log: closed segments were rewritten or archived. */
  changed(archived: readonly ArchivedSegment[]): Promise<void>;
  /** The part of the archive that results lack, in a sentence; null if they lack nothing. */
  archiveProblem(): string | null;
  close(): Promise<void>;
}

export interface AnalysisOptions {
  /** The folder of the log's segments. */
  readonly events: string;
  /** End of the log. */
  readonly end: () => Position;
  /** Segments that were moved out of the log; default none. */
  readonly archived?: readonly ArchivedSegment[];
  /** Folder that segments may be moved to. */
  readonly archiveTo?: string | null;
  /** A folder for files that exist only while a query runs. */
  readonly temporary: string;
  readonly openEngine: (options: EngineOptions) => Promise<Engine>;
  /**
   * Called before lines are compressed, which earlier versions of the server cannot read; default
   * null, and they stay as they are.
   */
  readonly beforeCompressing?: (() => Promise<void>) | null;
  /** Called if a copy cannot be made or read; results do not depend on copies. */
  readonly onError: (error: Error) => void;
}

/**
 * A shorter log is counted within some 0.1 s at normal priority; a low-priority engine would take
 * many times as long on a busy machine.
 */
const SHORT_BYTES = 16 * 1024 * 1024;

function isLong({ segment, offset }: Position): boolean {
  return segment > 1 || offset > SHORT_BYTES;
}

/** Idle time after which the engine is closed, to free its memory. */
const IDLE_MS = 60_000;

/** Creates an analysis; the engine opens at the first query. */
export function createAnalysis({
  events,
  end,
  archived = [],
  archiveTo = null,
  temporary,
  openEngine,
  beforeCompressing = null,
  onError,
}: AnalysisOptions): LogAnalysis {
  const answers = new Answers(end);
  let archive = new Archive(events, archived);
  void archive.check();
  const compaction = new Compaction(events);
  let tail = newTail();
  let engine: Promise<Engine> | null = null;
  let givesWay = false;
  const queue = new PromiseQueue();
  let isClosed = false;
  let idle: NodeJS.Timeout | undefined;

  function newTail(): Tail {
    return new Tail(events, join(temporary, "tail.ndjson"));
  }

  /** The engine; a new one after a crash or a failed opening. */
  async function openedEngine(): Promise<Engine> {
    const before = await engine?.catch(() => null);
    const mustGiveWay = isLong(end());
    if (before?.isOpen && givesWay === mustGiveWay) return before;
    await before?.close();
    givesWay = mustGiveWay;
    engine = openEngine({
      ...ENGINE,
      temporary: join(temporary, "engine"),
      folders: [events, temporary, ...archive.folders, ...(archiveTo === null ? [] : [archiveTo])],
      givesWay,
    });
    return engine;
  }

  /** One query at a time: two would take twice the memory. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return queue.run(async () => {
      if (isClosed) throw new Error("the analysis is closed");
      clearTimeout(idle);
      try {
        return await work();
      } finally {
        if (!isClosed) idle = setTimeout(() => void rest(), IDLE_MS).unref();
      }
    });
  }

  async function rest(): Promise<void> {
    await queue.run(async () => {
      await closeEngine();
      tail = newTail();
      await rm(temporary, { recursive: true, force: true });
    });
  }

  async function closeEngine(): Promise<void> {
    const unused = engine;
    engine = null;
    await unused?.then((open) => open.close()).catch(() => undefined);
  }

  /**
   * Reads the log up to a position; repeats without the compacted copies when these are unreadable.
   */
  async function read<Result>(
    to: Position,
    work: (engine: Engine, files: readonly EventFile[]) => Promise<Result>,
  ): Promise<Result> {
    const engine = await openedEngine();
    const rest = await tail.upTo(engine, to);
    const before = await archive.files(engine);
    const closed = [...before, ...(await compaction.files(engine, to))];
    try {
      return await work(engine, [...closed, ...rest]);
    } catch (error) {
      const isReadable = error instanceof RangeError || closed.every(({ format }) => format === "ndjson");
      if (isReadable || isClosed || !engine.isOpen) throw error;
      onError(new Error(`the compacted log is made anew: ${(error as Error).message}`));
      await compaction.discard();
      return await work(engine, [...before, ...(await compaction.files(engine, to)), ...rest]);
    }
  }

  function ask<Result>(
    question: readonly unknown[],
    work: (engine: Engine, files: readonly EventFile[]) => Promise<Result>,
  ): Promise<Result> {
    return answers.get(JSON.stringify(question), (to) =>
      inTurn(async () => {
        try {
          return await read(to, work);
        } catch (error) {
          // Its process died or was ended: ask a new one, once.
          if (isClosed || (await engine?.catch(() => null))?.isOpen !== false) throw error;
          onError(error as Error);
          return read(to, work);
        }
      }),
    );
  }

  const crossTallies: LogAnalysis["crossTallies"] = (crossings, scope) =>
    ask(["crossTallies", crossings, scope], (engine, files) => crossTallyFiles(engine, files, crossings, scope));

  return {
    tally: (experiment, options) =>
      ask(["tally", experiment, options], (engine, files) => tallyFiles(engine, files, experiment, options)),
    crossTallies,
    sharedTallies: (experiments, scope) =>
      ask(["sharedTallies", experiments, scope], (engine, files) => sharedFiles(engine, files, experiments, scope)),
    crossTally: async (a, b, scope) => (await crossTallies([[a, b]], scope))[0] as CrossTally,
    traffic: (experiment, options) =>
      ask(["traffic", experiment, options], (engine, files) => trafficFiles(engine, files, experiment, options)),
    reachedAt: (experiment, planned) =>
      ask(["reachedAt", experiment, planned], (engine, files) => reachedAtFiles(engine, files, experiment, planned)),
    useEngine: (work) => inTurn(async () => work(await openedEngine())),
    changed: (archived) =>
      inTurn(async () => {
        // A new engine may read the new folders.
        await closeEngine();
        tail = newTail();
        archive = new Archive(events, archived);
        void archive.check();
        answers.forget();
      }),
    archiveProblem: () => archive.problem,
    async compact() {
      if (isClosed) return;
      try {
        if (await compaction.isBehind(end())) {
          await inTurn(async () => {
            const engine = await openedEngine();
            await compaction.compact(engine, end(), await archive.files(engine));
          });
        }
        if (beforeCompressing === null) return;
        for (const path of await plainSegments(events, end().segment)) {
          await beforeCompressing();
          // The segment may have been archived meanwhile.
          await inTurn(async () => {
            const engine = await openedEngine();
            if (await isThere(path)) await engine.compress(path);
          });
        }
      } catch (error) {
        if (!isClosed) onError(new Error(`the log cannot be compacted: ${(error as Error).message}`));
      }
    },
    async close() {
      isClosed = true;
      clearTimeout(idle);
      await closeEngine();
      await queue.idle();
      await rm(temporary, { recursive: true, force: true });
    },
  };
}
