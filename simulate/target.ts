import type { Experiment } from "../core/experiment.ts";
import { type Redirect, startFaultyProxy } from "./faults.ts";
import type { Options } from "./options.ts";
import { moveFirstBoundary, setFirstWeights, shareSalt, startOwnServer } from "./own-server.ts";
import { writeExperiments } from "./scenario/own-experiments.ts";
import { type Claims, serverClient } from "./server-client.ts";

export interface TargetOptions extends Pick<Options, "url" | "token" | "fault"> {
  /** Experiments of an own server; default: the demo's. */
  readonly experiments?: readonly Experiment[];
  /** Groups whose visitors are redirected, which a fault may need to know. */
  readonly redirects?: readonly Redirect[];
}

/** The server of a run: one at a URL, or its own with throw-away data. */
export interface Target {
  readonly base: string;
  /** Target name shown in the report: the own server's port differs from run to run. */
  readonly name: string;
  stop(): Promise<void>;
}

export async function openTarget({ url, token, fault, experiments, redirects }: TargetOptions): Promise<Target> {
  if (url !== null) return { base: new URL(url).origin, name: url, stop: async () => undefined };
  if (fault === null) {
    const server = await startOwnServer(
      experiments && { before: async () => undefined, change: (file) => writeExperiments(file, experiments) },
    );
    return { base: server.url, name: "its own server", stop: server.stop };
  }
  let claims: Claims = {};
  const server = await startOwnServer({
    async before(url) {
      claims = experiments ? claimsOf(experiments) : await serverClient(url, token).claims();
    },
    async change(file) {
      if (experiments) await writeExperiments(file, experiments);
      if (fault === "split-bias") await setFirstWeights(file, 60, 40);
      if (fault === "boundary-off-by-one") await moveFirstBoundary(file);
      if (fault === "shared-salt") await shareSalt(file);
    },
  });
  const proxy = await startFaultyProxy(fault, server.url, claims, redirects);
  return {
    base: proxy.url,
    name: `its own server with the fault ${fault}`,
    async stop() {
      proxy.stop();
      await server.stop();
    },
  };
}

function claimsOf(experiments: readonly Experiment[]): Claims {
  return Object.fromEntries(
    experiments.map(({ key, state, groups, fallback, control }) => [
      key,
      {
        state,
        active: true,
        groups: Object.fromEntries(groups.map(({ name, weight }) => [name, weight])),
        fallback,
        control,
      },
    ]),
  );
}
