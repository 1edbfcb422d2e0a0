import { join } from "node:path";
import type { Experiment } from "../../../core/experiment.ts";
import { LiveStreams } from "../../../server/admin/shell/live-streams.ts";
import { ENGINE, openEngine } from "../../../server/analysis/engine.ts";
import { createApp, type Deps } from "../../../server/app.ts";
import { loginLinks } from "../../../server/auth/login-links.ts";
import { openNamedTokens } from "../../../server/auth/named-tokens.ts";
import { openReportLinks } from "../../../server/auth/report-links.ts";
import { openSessions } from "../../../server/auth/sessions.ts";
import { NOBODY } from "../../../server/compat/pipet/privilege.ts";
import { DIALECTS } from "../../../server/compat/projection/dialects.ts";
import { openEventLog } from "../../../server/events/log.ts";
import { openRegistry } from "../../../server/registry/registry.ts";
import { openRehearsals } from "../../../server/rehearsals/rehearsals.ts";
import { openErasures } from "../../../server/retention/erasures.ts";
import { openStickyGroups } from "../../../server/sticky/sticky-groups.ts";
import { forceTokens } from "../../../server/tokens/force.ts";
import { ownIds } from "../../../server/tokens/own-ids.ts";
import { runSigner } from "../../../server/tokens/simulation-run.ts";
import { analysisByDefinition } from "./analysis-by-definition.ts";
import { limitsOf } from "./limits.ts";

/**
 * The whole app with real parts in a folder; without a token, as a demo. The caller closes its log.
 */
export async function appIn(folder: string, experiments: readonly Experiment[], deps: Partial<Deps> = {}) {
  const errors: Error[] = [];
  const registry = await openRegistry(join(folder, "experiments.json"), experiments);
  const log = await openEventLog(join(folder, "events"));
  const key = Buffer.from("a key for tests");
  const sticky = await openStickyGroups({
    path: join(folder, "sticky"),
    folder: join(folder, "events"),
    log,
    registry,
    secret: key,
  });
  const events = join(folder, "events");
  const erasures = await openErasures({
    data: folder,
    log,
    registry,
    sticky,
    async useEngine(work) {
      const engine = await openEngine({
        ...ENGINE,
        temporary: join(folder, "analysis"),
        folders: [events, join(folder, "archive")],
      });
      return work(engine).finally(engine.close);
    },
    onChanged: async () => undefined,
    archiveTo: join(folder, "archive"),
    onError: (error) => errors.push(error),
  });
  const runs = runSigner(key);
  const sessions = openSessions(Date.now);
  const links = loginLinks(Date.now);
  const forces = forceTokens(key, (name) => registry.firstOf(name)?.version);
  const streams = new LiveStreams({ everyMs: 50 });
  const app = createApp({
    registry,
    log,
    analysis: analysisByDefinition(log),
    runs,
    sticky,
    forceTokens: forces,
    ownId: ownIds(key),
    adminToken: null,
    localToken: null,
    tokens: await openNamedTokens(join(folder, "tokens.json"), registry),
    reportLinks: await openReportLinks(join(folder, "report-links.json"), registry, Date.now),
    erasures,
    sessions,
    links,
    streams,
    baseUrl: null,
    limits: limitsOf(),
    rehearsals: await openRehearsals({
      folder: join(folder, "rehearsals"),
      secret: key,
      registry,
      onError: (error) => errors.push(error),
    }),
    setup: { version: "0.0.0", startedAt: "2026-01-31T12:00:00.000Z", data: folder, rateLimit: 0 },
    obstacle: async () => null,
    assets: {
      tag: "/* the tag */",
      given: "/* takes what is given */",
      badge: "/* the badge */",
      debug: "/* the overlay */",
      adminCss: "body{}",
      adminJs: "/* the script */",
    },
    demoPages: null,
    compat: { dialects: DIALECTS, pipet: { configuration: null, force: NOBODY, isExposedByAnswer: false } },
    onError: (error) => errors.push(error),
    ...deps,
  });
  return {
    app,
    registry,
    log,
    runs,
    sticky,
    erasures,
    sessions,
    links,
    streams,
    forces,
    /** Server errors that the app reported. */
    errors,
  };
}
