import { type Context, Hono } from "hono";
import { type Definition, defineExperiment, type Experiment } from "../../../core/experiment.ts";
import { keyFromTitle } from "../../../core/key-from-title.ts";
import { checkLinks } from "../../../core/links.ts";
import { InvalidInput, type Problem } from "../../../core/parse.ts";
import { transition } from "../../../core/transition.ts";
import { allowPreviews } from "../../auth/admin-headers.ts";
import { authorOf } from "../../auth/author.ts";
import type { EventLog } from "../../events/log.ts";
import { NOTHING_SEEN } from "../../events/seen-names.ts";
import { MAX_FORM_BYTES, readForm, readVersion } from "../../http/form.ts";
import type { Env } from "../../http/http.ts";
import { Conflict, KeyTaken } from "../../registry/errors.ts";
import type { Registry } from "../../registry/registry.ts";
import { RESERVED_KEYS, reservedKeyProblems } from "../../registry/reserved-keys.ts";
import { changeNumber, pathAfter, versionOf } from "../history/shown-change.ts";
import { isSameDefinition } from "./consequence.tsx";
import { EditConfirmPage } from "./edit-confirm.tsx";
import { EditConflictPage } from "./edit-conflict.tsx";
import { editRows } from "./edit-rows.ts";
import { type Entered, enteredBy } from "./entered.ts";
import { formOf, NEW_FORM, readExperimentForm } from "./fields.ts";
import { merge } from "./merge.ts";
import { ExperimentFormPage, type ExperimentFormProps } from "./page.tsx";

interface Deps {
  readonly registry: Registry;
  readonly log: Pick<EventLog, "seenNames">;
}

/** `GET` and `POST /experiments/new` and `/experiments/:key/edit`: the form of an experiment. */
export function experimentFormRoutes({ registry, log }: Deps) {
  const render = async (
    c: Context<Env>,
    status: 200 | 409 | 422,
    { edited, ...shown }: Pick<ExperimentFormProps, "form"> & Partial<ExperimentFormProps>,
  ) => {
    allowPreviews(c);
    return c.html(
      <ExperimentFormPage
        edited={edited ?? null}
        after={null}
        others={registry.list().filter(({ key }) => key !== edited?.key)}
        problems={[]}
        // Without suggestions the form still works.
        seen={await log.seenNames(new Date()).catch(() => NOTHING_SEEN)}
        {...shown}
      />,
      status,
    );
  };

  return new Hono<Env>()
    .get("/experiments/new", (c) => render(c, 200, { form: NEW_FORM }))
    .post("/experiments/new", async (c) => {
      const sent = await readForm(c, MAX_FORM_BYTES);
      const action = sent.get("action") ?? "save";
      const form = readExperimentForm(sent);
      const rows = editRows(form, action);
      if (rows) return render(c, 200, rows);
      const author = authorOf(c);
      const key = form.key.trim() === "" ? freeKey(registry, form.title) : form.key.trim();
      const entered = enteredBy(form, key);
      const { problems } = judge(
        { ...entered, problems: [...reservedKeyProblems(key), ...entered.problems] },
        (definition) => {
          const experiment = defineExperiment({ key, ...definition }, author.now, author.by);
          checkLinks([...registry.list(), experiment], key);
          return experiment;
        },
      );
      if (action === "check") return render(c, 200, { form, problems, focus: focusOn(problems) });
      if (problems.length > 0) return render(c, 422, { form, problems, focus: focusOn(problems) });
      try {
        const created = await registry.create({ key, ...entered.definition }, author);
        return c.redirect(pathAfter(`/experiments/${key}`, await changeNumber(registry, created)), 303);
      } catch (error) {
        const taken = { field: "key", value: key, allowed: "a key that no other experiment has" };
        if (error instanceof KeyTaken) return render(c, 409, { form, problems: [taken], focus: "errors" });
        if (error instanceof InvalidInput) return render(c, 422, { form, problems: error.problems, focus: "errors" });
        throw error;
      }
    })
    .get("/experiments/:key/edit", (c, next) => {
      const edited = registry.get(c.req.param("key"));
      return edited ? render(c, 200, { form: formOf(edited), edited, after: edited }) : next();
    })
    .post("/experiments/:key/edit", async (c, next) => {
      const key = c.req.param("key");
      const edited = registry.get(key);
      if (!edited) return next();
      const sent = await readForm(c, MAX_FORM_BYTES);
      const action = sent.get("action") ?? "save";
      const form = { ...readExperimentForm(sent), key };
      const version = readVersion(sent) ?? Number.NaN;
      const entered = enteredBy(form, key, edited);
      const { by, now } = authorOf(c);
      const edit = (definition: Definition) => (experiment: Experiment) =>
        transition(experiment, { definition, by }, now);

      const onConflict = async () => {
        const current = registry.get(key) ?? edited;
        const seen = await versionOf(registry, key, version);
        const merged = seen ? merge(formOf(seen), formOf(current), form) : { form, both: [] };
        const { definition } = enteredBy(form, key, seen);
        return c.html(<EditConflictPage experiment={current} seen={seen} entered={definition} merged={merged} />, 409);
      };
      if (version !== edited.version) return onConflict();

      const rows = editRows(form, action);
      const { after, problems } = judge(rows ? enteredBy(rows.form, key, edited) : entered, (definition) => {
        const changed = edit(definition)(edited);
        checkLinks(
          registry.list().map((experiment) => (experiment === edited ? changed : experiment)),
          key,
        );
        return changed;
      });
      if (rows) return render(c, 200, { ...rows, edited, after });
      const shown = { form, edited, after, problems, focus: focusOn(problems) };
      if (action === "back") return render(c, 200, { ...shown, problems: [], focus: null });
      if (action === "check") return render(c, 200, shown);
      if (after === null) return render(c, 422, shown);
      if (isSameDefinition(edited, after)) return c.redirect(`/experiments/${key}`, 303);
      if (after.epoch > edited.epoch && action !== "confirm") {
        return c.html(<EditConfirmPage form={form} before={edited} after={after} />);
      }
      try {
        const changed = await registry.update(key, edit(entered.definition), version);
        if (!changed) return next();
        return c.redirect(pathAfter(`/experiments/${key}`, await changeNumber(registry, changed)), 303);
      } catch (error) {
        if (error instanceof Conflict) return onConflict();
        if (error instanceof InvalidInput) {
          return render(c, 422, { ...shown, problems: error.problems, focus: "errors" });
        }
        throw error;
      }
    });
}

/** The experiment if it can be saved, and all problems. */
function judge(
  { definition, problems }: Entered,
  make: (definition: Definition) => Experiment,
): { after: Experiment | null; problems: readonly Problem[] } {
  try {
    const after = make(definition);
    return { after: problems.length === 0 ? after : null, problems };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { after: null, problems: [...problems, ...error.problems] };
  }
}

/** A key from the title that no experiment and no page has; empty when the title gives none. */
function freeKey(registry: Registry, title: string): string {
  const key = keyFromTitle(title);
  if (key === "") return "";
  const isFree = (candidate: string) => !registry.get(candidate) && !RESERVED_KEYS.includes(candidate);
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? key : `${key}_${number}`;
    if (isFree(candidate)) return candidate;
  }
}

const focusOn = (problems: readonly Problem[]) => (problems.length > 0 ? "errors" : null);
