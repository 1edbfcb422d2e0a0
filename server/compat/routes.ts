import type { Hono, MiddlewareHandler } from "hono";
import type { Analysis } from "../analysis/contract.ts";
import type { ForceDeps } from "../assign/forced-groups.ts";
import type { EventLog } from "../events/log.ts";
import type { Env } from "../http/http.ts";
import type { Limits } from "../http/rate-limit.ts";
import type { Recorder, RecorderDeps } from "../ingest/record.ts";
import type { Registry } from "../registry/registry.ts";
import type { InTime } from "../results/in-time.ts";
import type { StickyGroups } from "../sticky/sticky-groups.ts";
import type { OwnId } from "../tokens/own-ids.ts";
import { djangoRoutes } from "./django/routes.ts";
import { growthbookRoutes } from "./growthbook/routes.ts";
import { ofrepRoutes } from "./ofrep/routes.ts";
import { exposuresInText } from "./pipet/groups-text.ts";
import { type PipetSettings, pipetRoutes } from "./pipet/routes.ts";
import { baseOf, type Dialect } from "./projection/dialects.ts";
import { storeOf } from "./projection/store.ts";
import { registryRoutes } from "./registry/routes.ts";
import { unleashRoutes } from "./unleash/routes.ts";

/** Settings of the dialects for other systems' clients. */
export interface CompatSettings {
  readonly dialects: readonly Dialect[];
  readonly pipet: PipetSettings;
  /** Whether the original demo's own routes stand at `/`; for the demo only. */
  readonly isOriginal?: boolean;
}

interface Deps extends ForceDeps {
  readonly registry: Registry;
  readonly log: EventLog;
  readonly analysis: Analysis;
  readonly inTime: InTime;
  readonly sticky: StickyGroups;
  readonly ownId: OwnId;
  readonly limits: Limits;
  readonly baseUrl: string | null;
  /** Aborted when the server stops. */
  readonly stopped: AbortSignal;
  readonly record: Recorder;
  /** Lets only admins through. */
  readonly guard: MiddlewareHandler<Env>;
  readonly onError: (error: Error) => void;
}

interface Mounted {
  readonly path: string;
  readonly app: Hono<Env>;
}

/** Exposures reported by posted events in the terms of an enabled dialect. */
export function exposuresOf(
  { dialects }: CompatSettings,
  deps: { readonly registry: Registry; readonly sticky: StickyGroups },
): Pick<RecorderDeps, "exposuresIn"> {
  return dialects.includes("pipet") ? { exposuresIn: (event) => exposuresInText(deps, event) } : {};
}

/** The routes of the enabled dialects, each with its base path. */
export function compatRoutes({ dialects, pipet }: CompatSettings, deps: Deps): Mounted[] {
  return dialects.flatMap((dialect): Mounted[] => {
    const path = baseOf(dialect);
    const store = storeOf(deps.record, dialect);
    switch (dialect) {
      case "ofrep":
        // A provider configured with the server's own URL finds its routes too.
        return [path, ""].map((base) => ({ path: base === "" ? "/" : base, app: ofrepRoutes(base, deps) }));
      case "pipet":
        return [{ path, app: pipetRoutes(pipet, { ...deps, store }) }];
      case "growthbook":
        return [{ path, app: growthbookRoutes({ ...deps, store }) }];
      case "unleash":
        return [{ path, app: unleashRoutes({ ...deps, store }) }];
      case "registry":
        return [{ path, app: registryRoutes({ ...deps, store }) }];
      case "django":
        return [{ path, app: djangoRoutes({ ...deps, store }) }];
      default:
        throw new Error(`${dialect} has no routes`);
    }
  });
}
