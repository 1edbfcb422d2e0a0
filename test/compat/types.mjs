import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { node } from "./program.mjs";

const SOURCE = `
  import { assign, type Experiment, parseExperiment } from "fairsplit/core";
  import { assign as assignAlone, type WeightedGroup } from "fairsplit/core/assign";
  import { type Client, createClient, type Groups } from "fairsplit/node";
  import { exposureHook, serverProvider, webProvider } from "fairsplit/openfeature";
  import { GroupsProvider, useGroup, Variant } from "fairsplit/react";
  import { wilson, type WilsonResult } from "fairsplit/statistics";
  import { type Fairsplit, start } from "fairsplit/tag";
  import { createElement } from "react";

  const groups: readonly WeightedGroup[] = [["A", 50], ["B", 50]];
  export const group: string = assign("d1", "headline_test", groups) + assignAlone("d1", "headline_test", groups);
  export const read: (...input: Parameters<typeof parseExperiment>) => Experiment = parseExperiment;
  export const interval: (...input: Parameters<typeof wilson>) => WilsonResult = wilson;
  const client: Client = createClient({ baseUrl: "https://ab.example.com" });
  export const shown = async (): Promise<string | null> => {
    const groups: Groups = await client.groups({ deviceId: "d1" });
    return groups.group("headline_test");
  };
  export const provider = serverProvider(client);
  export const inPages = webProvider({ baseUrl: "https://ab.example.com", timeoutMs: 500 });
  export const hook = exposureHook({ baseUrl: "https://ab.example.com" });
  export const Headline = () => createElement("h1", null, useGroup("headline_test")?.group ?? "control");
  const variant = createElement(Variant, { experiment: "headline_test", groups: { B: "B" } }, "A");
  export const page = createElement(GroupsProvider, { groups: {} }, variant);
  export const tag: Fairsplit = start({ api: "https://ab.example.com" });
`;

/** How TypeScript finds modules, with what it needs beside. */
export const RESOLUTIONS = { nodenext: ["--module", "nodenext"], bundler: ["--module", "esnext"] };

/** Type-checks a strict program that also checks our declarations. */
export async function checkTypes(resolution, folder) {
  await writeFile(join(folder, "types.ts"), SOURCE);
  const strict = ["--noEmit", "--ignoreConfig", "--strict", "--skipLibCheck", "false", "--target", "es2023"];
  const how = [...RESOLUTIONS[resolution], "--moduleResolution", resolution, "--exactOptionalPropertyTypes"];
  return node(folder, ["node_modules/typescript/bin/tsc", ...strict, ...how, "types.ts"]);
}
