import { type Context, Hono } from "hono";
import type { Experiment } from "../../../core/experiment.ts";
import { InvalidInput, type Problem } from "../../../core/parse.ts";
import { toggleOf, transition } from "../../../core/transition.ts";
import { allowPreviews } from "../../auth/admin-headers.ts";
import { authorOf } from "../../auth/author.ts";
import { readForm, readVersion } from "../../http/form.ts";
import { type Env, problem } from "../../http/http.ts";
import { Conflict } from "../../registry/errors.ts";
import { MAX_REASON_CHARACTERS } from "../../registry/history-entry.ts";
import type { Registry } from "../../registry/registry.ts";
import { changeNumber, pathAfter, versionOf } from "../history/shown-change.ts";
import { wantsPage } from "../ui/error-response.tsx";
import { STATE_NAMES } from "../ui/state-badge.tsx";
import { ExperimentPage } from "./experiment.tsx";
import { type RehearsalDeps, shownRehearsal } from "./shown-rehearsal.ts";
import { StateConflictPage, type WantedState } from "./state-conflict.tsx";

interface Deps extends RehearsalDeps {
  readonly registry: Registry;
}

/**
 * State changes of an experiment: `POST /experiments/toggle` from the list, `POST
 * /experiments/undo` from a notice, `POST /experiments/:key/state` and `POST
 * /experiments/:key/delete` from its page.
 */
export function experimentStateRoutes(deps: Deps) {
  const { registry } = deps;
  return new Hono<Env>()
    .post("/experiments/toggle", async (c) => {
      const form = await readForm(c);
      const key = form.get("experiment") ?? "";
      const version = readVersion(form);
      // A client without a version is a program: it toggles the current state, and is redirected to
      // the list.
      if (version !== null) {
        const seen =
          registry.get(key)?.version === version ? registry.get(key) : await versionOf(registry, key, version);
        const wanted = seen && (toggleOf(seen) as WantedState);
        // Its page asks for what a start without a rehearsal needs.
        if (seen && wanted && isAsked(c, deps, seen, wanted)) return c.redirect(`/experiments/${key}#override`, 303);
        if (wanted) return setState(c, deps, key, wanted, version, "/experiments");
      }
      const { by, now } = authorOf(c);
      const changed = await registry.update(
        key,
        (experiment) => transition(experiment, { ...toggleOf(experiment), by }, now),
        version,
      );
      return changed ? c.redirect("/experiments", 302) : unknown(registry, key);
    })
    .post("/experiments/undo", async (c) => {
      const form = await readForm(c);
      const number = form.get("number") ?? "";
      const changed = /^\d{1,15}$/.test(number)
        ? await registry.revert(Number(number), authorOf(c), readVersion(form))
        : undefined;
      if (!changed) return problem(404, "Not Found", `number is "${number}": allowed is that of a change`);
      const page = form.get("from") === "experiment" ? `/experiments/${changed.key}` : "/experiments";
      return c.redirect(pathAfter(page, await changeNumber(registry, changed)), 303);
    })
    .post("/experiments/:key/state", async (c) => {
      const key = c.req.param("key");
      const form = await readForm(c);
      const [state, rolloutGroup] = [form.get("state") ?? "", form.get("rolloutGroup")];
      const isPause = state === "pause" || state === "resume";
      const isArchived = { archive: true, "bring back": false }[state];
      if (!isPause && isArchived === undefined && !Object.hasOwn(STATE_NAMES, state)) {
        const allowed = "active, inactive, rollout, pause, resume, archive or bring back";
        return problem(422, "Unprocessable Content", `state is "${state}": allowed is ${allowed}`);
      }
      const wanted = (
        isArchived !== undefined
          ? { state: "inactive", isArchived }
          : isPause
            ? { state: state === "pause" ? "inactive" : "active", isPause }
            : { state, ...(rolloutGroup === null ? {} : { rolloutGroup }) }
      ) as WantedState;
      const experiment = registry.get(key);
      const reason = form.get("reason")?.trim() ?? "";
      if (experiment && isAsked(c, deps, experiment, wanted)) {
        const problems = overrideProblems(form.get("override"), reason);
        if (problems.length > 0) return rejected(c, deps, experiment, problems);
      }
      return setState(c, deps, key, wanted, readVersion(form), `/experiments/${key}`, reason || undefined);
    })
    .post("/experiments/:key/delete", async (c) => {
      const key = c.req.param("key");
      const current = registry.get(key);
      if (!current) return unknown(registry, key);
      const version = readVersion(await readForm(c));
      if (current.state !== "inactive") {
        return problem(
          409,
          "Conflict",
          `“${current.title}” is ${current.state}: only a stopped experiment can be deleted`,
        );
      }
      const removed = await registry.remove(key, authorOf(c), version ?? current.version);
      return removed
        ? c.redirect(pathAfter("/experiments", await changeNumber(registry, removed)), 303)
        : unknown(registry, key);
    });
}

async function setState(
  c: Context<Env>,
  deps: Deps,
  key: string,
  wanted: WantedState,
  version: number | null,
  page: string,
  reason?: string,
): Promise<Response> {
  const { registry } = deps;
  const { by, now } = authorOf(c);
  try {
    const change = (experiment: Experiment) => transition(experiment, { ...wanted, by }, now);
    const changed = await registry.update(key, change, version, reason);
    if (!changed) return unknown(registry, key);
    return c.redirect(pathAfter(page, await changeNumber(registry, changed)), page === "/experiments" ? 302 : 303);
  } catch (error) {
    const experiment = registry.get(key);
    if (!experiment || !wantsPage(c)) throw error;
    if (error instanceof Conflict) {
      const seen = version === null ? null : await versionOf(registry, key, version);
      return c.html(<StateConflictPage experiment={experiment} seen={seen} wanted={wanted} />, 409);
    }
    if (error instanceof InvalidInput) return rejected(c, deps, experiment, error.problems);
    throw error;
  }
}

function rejected(c: Context<Env>, deps: Deps, experiment: Experiment, problems: readonly Problem[]) {
  allowPreviews(c);
  const rehearsal = shownRehearsal(c, deps, experiment);
  return c.html(
    <ExperimentPage experiment={experiment} change={null} rehearsal={rehearsal} problems={problems} />,
    422,
  );
}

/** Whether a person has to say why an experiment starts without a rehearsal that passed. */
function isAsked(c: Context<Env>, deps: Deps, experiment: Experiment, wanted: WantedState): boolean {
  const isStart = wanted.state === "active" && !wanted.isPause && experiment.state !== "active";
  const { isAskedFor, standing } = shownRehearsal(c, deps, experiment);
  return isStart && isAskedFor && standing !== "passed" && wantsPage(c);
}

function overrideProblems(override: string | null, reason: string): Problem[] {
  const allowed = `a reason of 1 to ${MAX_REASON_CHARACTERS} characters`;
  return [
    ...(override === "yes" ? [] : [{ field: "override", value: override, allowed: "the box that confirms it" }]),
    ...(reason !== "" && reason.length <= MAX_REASON_CHARACTERS ? [] : [{ field: "reason", value: reason, allowed }]),
  ];
}

function unknown(registry: Registry, key: string): Response {
  const known = registry.list().map((experiment) => experiment.key);
  return problem(404, "Not Found", `experiment is "${key}": allowed are ${known.join(", ")}`);
}
