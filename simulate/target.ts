import { startFaultyProxy } from "./faults.ts";
import type { Options } from "./options.ts";
import { setFirstWeights, shareSalt, startOwnServer } from "./own-server.ts";
import { type Claims, serverClient } from "./server-client.ts";

/** The server of a run: one at a URL, or its own with throw-away data. */
export interface Target {
  readonly base: string;
  /** Target name shown in the report: the own server's port differs from run to run. */
  readonly name: string;
  stop(): Promise<void>;
}

export async function openTarget({ url, token, fault }: Pick<Options, "url" | "token" | "fault">): Promise<Target> {
  if (url !== null) return { base: new URL(url).origin, name: url, stop: async () => undefined };
  if (fault === null) {
    const server = await startOwnServer();
    return { base: server.url, name: "its own server", stop: server.stop };
  }
  let claims: Claims = {};
  const server = await startOwnServer({
    async before(url) {
      claims = await serverClient(url, token).claims();
    },
    async change(file) {
      if (fault === "split-bias") await setFirstWeights(file, 60, 40);
      if (fault === "shared-salt") await shareSalt(file);
    },
  });
  const proxy = await startFaultyProxy(fault, server.url, claims);
  return {
    base: proxy.url,
    name: `its own server with the fault ${fault}`,
    async stop() {
      proxy.stop();
      await server.stop();
    },
  };
}
