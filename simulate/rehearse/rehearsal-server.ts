import type { Event } from "../../core/event.ts";
import type { Experiment } from "../../core/experiment.ts";
import type { RehearsalReport } from "../../core/rehearsal/report.ts";
import { EnvironmentMissing } from "../environment.ts";
import { UsageError } from "../usage-error.ts";

const TIMEOUT_MS = 20_000;

/** A rehearsal that the server has begun. */
export interface Begun {
  readonly rehearsal: string;
  /** The last digits of the device IDs that its visits have to have. */
  readonly devices: string;
  readonly previews: readonly { readonly group: string; readonly token: string }[];
  readonly experiment: Experiment;
  readonly definition: string;
}

/** The server's part of a rehearsal. */
export interface RehearsalServer {
  begin(): Promise<Begun>;
  /** Events that the visits so far would have recorded. */
  events(rehearsal: string): Promise<Event[]>;
  keep(report: RehearsalReport): Promise<void>;
}

/**
 * Every method throws EnvironmentMissing when the server does not answer as a fairsplit server that
 * knows rehearsals, and UsageError for an unknown experiment.
 */
export function rehearsalServer(base: string, token: string | null, experiment: string): RehearsalServer {
  const request = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const url = `${base}/api/admin/experiments/${experiment}/${path}`;
    const headers = { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...init.headers };
    const response = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
      (error: Error & { cause?: Error }) => {
        throw new EnvironmentMissing(`${url} cannot be reached: ${error.cause?.message || error.message}`);
      },
    );
    if (response.ok) return response;
    const { detail = "" } = (await response.json().catch(() => ({}))) as { detail?: string };
    if (response.status === 401) {
      throw new EnvironmentMissing(`${url} wants the admin's token: give --token or --token-file`);
    }
    if (response.status === 404 && /^there is no experiment/.test(detail)) throw new UsageError(detail);
    if (detail !== "") throw new EnvironmentMissing(`${url} answered ${response.status}: ${detail}`);
    throw new EnvironmentMissing(`${url} answered ${response.status}, so it is no fairsplit server: give --server`);
  };
  const json = async <T>(response: Response): Promise<T> =>
    response.json().catch(() => {
      throw new EnvironmentMissing(`${response.url} did not answer with JSON, so it is no fairsplit server`);
    });
  return {
    begin: async () => json<Begun>(await request("rehearsals", { method: "POST" })),
    events: async (rehearsal) => json<Event[]>(await request(`rehearsals/${rehearsal}/events`)),
    async keep(report) {
      const headers = { "content-type": "application/json" };
      await request("rehearsal", { method: "PUT", headers, body: JSON.stringify(report) });
    },
  };
}
