import { type Context, Hono } from "hono";
import { defineExperiment, type Experiment } from "../../../core/experiment.ts";
import { InvalidInput } from "../../../core/parse.ts";
import { authorOf } from "../../auth/author.ts";
import { readForm } from "../../http/form.ts";
import type { Env } from "../../http/http.ts";
import { BadParameter } from "../../http/visitor.ts";
import { Conflict, NotSaved } from "../../registry/errors.ts";
import { ACTIONS, type Action, type ExperimentEntry } from "../../registry/history-entry.ts";
import type { Author, Registry } from "../../registry/registry.ts";
import { reverted, stateBefore } from "../../registry/revert.ts";
import { type HistoryFilter, HistoryPage } from "./history.tsx";
import { RevertPage } from "./revert.tsx";

const PAGE = 25;
const WHOLE = /^\d{1,15}$/;

/**
 * `GET /experiments/history` and `GET /experiments/:key/history`: the changes. `GET` and `POST
 * /experiments/history/:number/revert`: the consequences of a revert, and the revert.
 */
export function historyPageRoutes({ registry }: { registry: Registry }) {
  const { history } = registry;
  const app = new Hono<Env>();

  const list = async (c: Context<Env>, one: string | null) => {
    const { key = "", action = "", before, change } = c.req.query();
    for (const [name, value] of Object.entries({ before, change })) {
      if (value !== undefined && !WHOLE.test(value)) {
        throw new BadParameter(`${name} is "${value}": allowed is the number of a change`);
      }
    }
    const known: Action | undefined = ACTIONS.find((candidate) => candidate === action);
    if (action !== "" && !known) {
      throw new BadParameter(`action is "${action}": allowed are ${ACTIONS.join(", ")}`);
    }
    const filter: HistoryFilter = { key: one ?? key.trim(), action: known ?? null };
    const { entries, next } = await history.page(PAGE, {
      key: filter.key === "" ? undefined : filter.key,
      action: known,
      before: before === undefined ? undefined : Number(before),
    });
    return c.html(
      <HistoryPage
        filter={filter}
        isOfOne={one !== null}
        entries={entries}
        before={before === undefined ? null : Number(before)}
        next={next}
        keys={history.keys()}
        damage={history.damage}
        done={change === undefined ? null : await history.get(Number(change))}
      />,
    );
  };

  const ask = async (c: Context<Env>, entry: ExperimentEntry, status: 200 | 409 | 422 | 503, error: string | null) => {
    const current = registry.get(entry.key) ?? null;
    const after = preview(entry, current, authorOf(c));
    const isChangedSince = (await history.page(1, { key: entry.key })).entries[0]?.number !== entry.number;
    const page = { entry, current, isChangedSince, after, error };
    return c.html(<RevertPage {...page} />, typeof after === "string" ? 422 : status);
  };

  /** A change of an experiment; null when there is none of that number. */
  const entryOf = async (c: Context<Env>): Promise<ExperimentEntry | null> => {
    const number = c.req.param("number") ?? "";
    const entry = WHOLE.test(number) ? await history.get(Number(number)) : null;
    return entry === null || entry.key === null ? null : entry;
  };

  app.get("/experiments/history", (c) => list(c, null));
  app.get("/experiments/:key/history", (c) => {
    const key = c.req.param("key");
    return history.keys().includes(key) ? list(c, key) : c.notFound();
  });
  app.get("/experiments/history/:number/revert", async (c) => {
    const entry = await entryOf(c);
    return entry ? ask(c, entry, 200, null) : c.notFound();
  });
  app.post("/experiments/history/:number/revert", async (c) => {
    const entry = await entryOf(c);
    if (!entry) return c.notFound();
    const version = (await readForm(c)).get("version") ?? "";
    if (!WHOLE.test(version)) {
      throw new BadParameter(`version is "${version}": allowed is the experiment's, 0 where it is removed`);
    }
    try {
      const now = await registry.revert(entry.number, authorOf(c), Number(version));
      if (!now) return ask(c, entry, 409, "Somebody removed the experiment in the meantime. Nothing was changed.");
    } catch (error) {
      if (error instanceof Conflict) return ask(c, entry, 409, whoWasFaster(registry.get(entry.key)));
      if (error instanceof InvalidInput) return ask(c, entry, 422, `Nothing was changed: ${error.message}.`);
      if (error instanceof NotSaved) return ask(c, entry, 503, `Nothing was changed: ${error.message}. Try it again.`);
      throw error;
    }
    return c.redirect(`/experiments/${entry.key}/history?change=${history.last}`, 303);
  });
  return app;
}

function whoWasFaster(current: Experiment | undefined): string {
  const who = current ? ` (${current.updatedBy}, version ${current.version})` : "";
  return `Somebody else was faster${who}. Nothing was changed; below is what the revert would do now.`;
}

/** The experiment after the revert, or why it is impossible. */
function preview(entry: ExperimentEntry, current: Experiment | null, author: Author): Experiment | string {
  try {
    if (current) return reverted(entry, current, author);
    return defineExperiment({ key: entry.key, ...stateBefore(entry).definition }, author.now, author.by);
  } catch (error) {
    if (error instanceof InvalidInput) return error.message;
    throw error;
  }
}
