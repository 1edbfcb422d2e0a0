import { type Context, Hono } from "hono";
import { InvalidInput, type Problem } from "../../../core/parse.ts";
import { authorOf } from "../../auth/author.ts";
import { clearSessionCookie, type Reach } from "../../auth/session-cookie.ts";
import type { Sessions } from "../../auth/sessions.ts";
import { readForm, readVersion } from "../../http/form.ts";
import { type Env, problem } from "../../http/http.ts";
import { BadParameter } from "../../http/visitor.ts";
import { Conflict, NotSaved } from "../../registry/errors.ts";
import type { SettingsEntry } from "../../registry/history-entry.ts";
import type { Registry } from "../../registry/registry.ts";
import { ConfirmSettingsPage } from "./confirm-settings.tsx";
import { type HoldoutForm, SettingsPage } from "./settings.tsx";
import { settingsConsequences, switchConsequences } from "./settings-consequences.ts";
import { percentOf, readSettings, SETTINGS_FIELDS } from "./settings-form.ts";

/** Default salt of the first holdout. */
const FIRST_SALT = "holdout";

interface PageDeps extends Reach {
  readonly registry: Registry;
  readonly sessions: Sessions;
  /** Names and values of the server's configuration. */
  readonly facts: () => Promise<readonly (readonly [name: string, value: string])[]>;
}

/**
 * `GET` and `POST /experiments/settings`: the global switch and the holdout. `GET
 * /experiments/settings/confirm`: the consequences of a change. `POST
 * /experiments/settings/log-out` ends all sessions.
 */
export function settingsPageRoutes(deps: PageDeps) {
  const { registry, sessions, facts } = deps;
  const app = new Hono<Env>();

  const show = async (
    c: Context<Env>,
    status: 200 | 422,
    { form = holdoutForm(registry), problems = [] }: { form?: HoldoutForm; problems?: readonly Problem[] } = {},
  ) => {
    const settings = registry.settings();
    const page = {
      settings,
      version: registry.settingsVersion(),
      last: await settingsEntry(registry, registry.settingsVersion()),
      form,
      problems,
      consequences: switchConsequences(!settings.enabled, registry.list()),
      facts: await facts(),
      done: await settingsEntry(registry, Number(c.req.query("change") ?? 0)),
    };
    return c.html(<SettingsPage {...page} />, status);
  };

  /** Asks for confirmation of a form's change, based on the current settings. */
  const ask = (c: Context<Env>, form: URLSearchParams, status: 200 | 409 | 503, error: string | null) => {
    const before = registry.settings();
    let after = before;
    try {
      after = readSettings(form, before);
    } catch (error) {
      if (error instanceof InvalidInput) return show(c, 422, { form: filled(form), problems: error.problems });
      throw error;
    }
    const page = {
      before,
      after,
      version: registry.settingsVersion(),
      consequences: settingsConsequences(before, after, registry.list()),
      fields: SETTINGS_FIELDS.flatMap((name) => {
        const value = form.get(name);
        return value === null ? [] : [[name, value] as const];
      }),
      error,
    };
    return c.html(<ConfirmSettingsPage {...page} />, status);
  };

  app.get("/experiments/settings", (c) => show(c, 200));
  app.get("/experiments/settings/confirm", async (c) => {
    const form = new URLSearchParams(new URL(c.req.url).search);
    const isOther = form.has("version") && readVersion(form) !== registry.settingsVersion();
    return ask(c, form, 200, isOther ? await whoWasFaster(registry) : null);
  });
  app.post("/experiments/settings", async (c) => {
    const form = await readForm(c);
    const version = readVersion(form);
    if (version === null || Number.isNaN(version)) {
      throw new BadParameter(`version is "${form.get("version")}": allowed is the settings' version`);
    }
    try {
      await registry.updateSettings((before) => readSettings(form, before), authorOf(c), version);
    } catch (error) {
      if (error instanceof InvalidInput) return show(c, 422, { form: filled(form), problems: error.problems });
      if (error instanceof Conflict) return ask(c, form, 409, await whoWasFaster(registry));
      if (error instanceof NotSaved) return ask(c, form, 503, `Nothing was changed: ${error.message}. Try it again.`);
      throw error;
    }
    return c.redirect(`/experiments/settings?change=${registry.settingsVersion()}`, 303);
  });
  app.post("/experiments/settings/log-out", async (c) => {
    if (c.var.isDemo) return c.notFound();
    sessions.closeAll();
    if (!(await sessions.saved())) {
      const detail =
        "all sessions are ended, but that cannot be saved: they are open again after a restart of the server, unless you log in and do this again once its disk can be written";
      return problem(503, "Storage unavailable", detail, { headers: { "retry-after": "10" } });
    }
    clearSessionCookie(c, deps);
    return c.redirect("/login", 303);
  });
  return app;
}

/** The settings change of that number; null when there is none. */
async function settingsEntry({ history }: Registry, number: number): Promise<SettingsEntry | null> {
  const entry = Number.isSafeInteger(number) && number > 0 ? await history.get(number) : null;
  return entry?.key === null ? entry : null;
}

async function whoWasFaster(registry: Registry): Promise<string> {
  const entry = await settingsEntry(registry, registry.settingsVersion());
  const who = entry ? ` by ${entry.by}, as change ${entry.number}` : "";
  return `The settings were changed in the meantime${who}. Nothing was changed by you; below is what you would change now.`;
}

function holdoutForm(registry: Registry): HoldoutForm {
  const { holdout } = registry.settings();
  if (holdout === null) return { holdout: "none", share: "", salt: FIRST_SALT };
  return { holdout: "some", share: percentOf(holdout.share), salt: holdout.salt };
}

function filled(form: URLSearchParams): HoldoutForm {
  const holdout = form.get("holdout") === "some" ? "some" : "none";
  return { holdout, share: form.get("share") ?? "", salt: form.get("salt") ?? FIRST_SALT };
}
