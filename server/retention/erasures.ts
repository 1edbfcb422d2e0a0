import { readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type ArchivedSegment, readArchive } from "../analysis/archive.ts";
import { dropStaleCompressed } from "../events/compress-segment.ts";
import type { EventLog } from "../events/log.ts";
import type { Removal } from "../events/removal.ts";
import { replaceRewritten, UNFINISHED } from "../events/rewrite-segment.ts";
import { listSegments, segmentPath } from "../events/segments.ts";
import { NO_RESERVE, type Reserve } from "../files/reserve.ts";
import { PromiseQueue } from "../memory/promise-queue.ts";
import { NotSaved } from "../registry/errors.ts";
import type { Registry } from "../registry/registry.ts";
import type { StickyGroups } from "../sticky/sticky-groups.ts";
import { dropUnlisted, moveSegments, rewriteArchive, type UseEngine } from "./archive.ts";
import { ERASURES_FILE, type Erasure, readErasures, writeErasures } from "./erasures-file.ts";
import { noteOnce } from "./note-once.ts";

/** A finished erasure, or one that was given up, in a sentence. */
export interface Outcome {
  /** ISO 8601 time in UTC. */
  readonly at: string;
  readonly text: string;
  readonly isError: boolean;
}

/** Erasing and archiving beside ingestion, one after the other. */
export interface Erasures {
  /** Folder that segments may be moved to; null when none is configured. */
  readonly archiveTo: string | null;
  /** Unfinished ones, oldest first, each with the error of its last attempt. */
  pending(): readonly { readonly erasure: Erasure; readonly error: string | null }[];
  /** Since the start, newest first. */
  outcomes(): readonly Outcome[];
  /**
   * Resolves when the request is durable: it is done in the background, and after a kill by the
   * next start. An experiment is deleted at once. Rejects with InvalidInput, Conflict or NotSaved,
   * and then nothing was changed.
   */
  ask(erasure: Erasure): Promise<void>;
  /** Resolves when each pending one was tried. */
  idle(): Promise<void>;
  /** Begins no further step. */
  close(): void;
}

interface Deps {
  /** The data folder. */
  readonly data: string;
  readonly log: Pick<EventLog, "cut" | "follow" | "measure">;
  readonly registry: Registry;
  readonly sticky: Pick<StickyGroups, "rebuild">;
  readonly useEngine: UseEngine;
  /** Called with the archived segments when closed segments have changed. */
  readonly onChanged: (archived: readonly ArchivedSegment[]) => Promise<void>;
  readonly archiveTo: string | null;
  readonly onError: (error: Error) => void;
  readonly retryMs?: number;
  readonly reserve?: Reserve;
}

/** An erasure that failed is tried again: the disk may be full, or the archive away. */
const RETRY_MS = 60_000;
const MAX_OUTCOMES = 20;

/** Opens the unfinished erasures and goes on with them. Throws BadConfig for a damaged file. */
export async function openErasures(deps: Deps): Promise<Erasures> {
  const { data, log, registry, sticky, useEngine, onChanged, archiveTo, onError, retryMs = RETRY_MS } = deps;
  const { reserve = NO_RESERVE } = deps;
  const path = join(data, ERASURES_FILE);
  const events = join(data, "events");
  let pending = (await readErasures(path)).map((erasure) => ({ erasure, error: null as string | null }));
  // Another experiment's events could not be told from those that are to be deleted.
  registry.withholdKeys((key) =>
    pending.some(({ erasure }) => erasure.kind === "experiment" && erasure.experiment === key),
  );
  let outcomes: Outcome[] = [];
  let isClosed = false;
  const work = new PromiseQueue();
  const saves = new PromiseQueue();

  /** Takes effect only once it is durable. */
  const save = (change: (before: typeof pending) => typeof pending): Promise<void> =>
    saves.run(async () => {
      const after = change(pending);
      await writeErasures(
        path,
        after.map(({ erasure }) => erasure),
        reserve,
      ).catch((error) => {
        throw new NotSaved(error);
      });
      pending = after;
    });
  const remove = (erasure: Erasure) => save((before) => before.filter((other) => other.erasure !== erasure));
  const tell = (text: string, isError: boolean) => {
    outcomes = [{ at: new Date().toISOString(), text, isError }, ...outcomes].slice(0, MAX_OUTCOMES);
  };

  /** Resolves to a sentence that says what was done. */
  async function perform(erasure: Erasure): Promise<string> {
    if (erasure.kind === "archive") return archive(erasure);
    if (erasure.kind === "experiment") await deleteDefinition(erasure, false);
    const removal: Removal = erasure.kind === "unit" ? { unit: erasure.unit } : { experiment: erasure.experiment };
    const open = await log.cut();
    await useEngine(() => dropStaleCompressed(events));
    for (const name of await readdir(events)) {
      if (name.endsWith(UNFINISHED)) await rm(join(events, name), { force: true });
    }
    const found = { ...(await rewriteArchive(data, removal, useEngine)) };
    for (const segment of await listSegments(events)) {
      if (segment >= open) break;
      if (isClosed) throw new Error("the server stops");
      const here = await useEngine(async (engine) => {
        const file = segmentPath(events, segment);
        const rewritten = await engine.rewrite(file, removal);
        if (rewritten === null) return { removed: 0, changed: 0 };
        await replaceRewritten(file);
        await log.follow({ events: rewritten.removed, removal: null });
        return rewritten;
      });
      found.removed += here.removed;
      found.changed += here.changed;
    }
    await log.follow({ events: 0, removal });
    await afterwards();
    await noteOnce(registry, "erased", { by: erasure.by, now: new Date().toISOString() }, "", erasure.at);
    const parts = found.changed === 0 ? "" : `, and its part of ${found.changed} assignments`;
    return erasure.kind === "unit"
      ? `Took ${found.removed} events of a device or account out.`
      : `Deleted ${erasure.experiment}: took out ${found.removed} events${parts}.`;
  }

  async function archive({ before, to, by, at: askedAt }: Erasure & { kind: "archive" }): Promise<string> {
    if (archiveTo === null || resolve(to) !== resolve(archiveTo)) {
      await dropUnlisted(data, to);
      throw new Error(`${to} is not the archive of this server, the command completes it`);
    }
    const author = { by, now: new Date().toISOString() };
    const moved = await moveSegments({ data, before, to, author, askedAt, registry, useEngine });
    await log.follow({ events: moved.events, removal: null });
    await afterwards();
    const { stays } = moved;
    const rest = stays ? `; segment ${stays.segment} and later ones stay: ${stays.why}` : "";
    return `Moved ${moved.segments} segments with ${moved.events} events to ${to}${rest}.`;
  }

  async function afterwards(): Promise<void> {
    await log.measure();
    await sticky.rebuild();
    await onChanged(await readArchive(data));
  }

  /** @param isFirst whether it is that version that must be there */
  async function deleteDefinition(
    { experiment, version, by }: Erasure & { kind: "experiment" },
    isFirst: boolean,
  ): Promise<void> {
    if (!isFirst && registry.get(experiment)?.version !== version) return;
    await registry.remove(experiment, { by, now: new Date().toISOString() }, version);
  }

  async function attempt(erasure: Erasure): Promise<void> {
    if (isClosed) return;
    try {
      tell(await perform(erasure), false);
      await remove(erasure);
    } catch (error) {
      if (isClosed) return;
      const { message } = error as Error;
      onError(new Error(`${wordsOf(erasure)} is not finished: ${message}`));
      if (erasure.kind === "archive") {
        tell(`Nothing more is archived: ${message}.`, true);
        await remove(erasure);
        return;
      }
      pending = pending.map((one) => (one.erasure === erasure ? { ...one, error: message } : one));
      setTimeout(() => begin(erasure), retryMs).unref();
    }
  }

  function begin(erasure: Erasure): void {
    void work.run(() => attempt(erasure)).catch(onError);
  }

  for (const { erasure } of pending) begin(erasure);
  return {
    archiveTo,
    pending: () => pending,
    outcomes: () => outcomes,
    async ask(erasure) {
      await save((before) => [...before, { erasure, error: null }]);
      try {
        if (erasure.kind === "experiment") await deleteDefinition(erasure, true);
      } catch (error) {
        await remove(erasure);
        throw error;
      }
      begin(erasure);
    },
    idle: () => work.idle(),
    close() {
      isClosed = true;
    },
  };
}

/** Name of an erasure in a sentence, without the ID that it is about. */
export function wordsOf(erasure: Erasure): string {
  if (erasure.kind === "unit") return "Forgetting a device or account";
  if (erasure.kind === "experiment") return `Deleting ${erasure.experiment} with its events`;
  return `Archiving what is before ${erasure.before}`;
}
