import { build } from "esbuild";
import { expect, test } from "vitest";
import * as statistics from "../../../core/statistics/index.ts";
import { type Mutant, mutate } from "../../faults/rig/mutants.ts";
import { type Statistics, wrongRows } from "./golden-suite.ts";
import { MISTAKES } from "./mistakes.ts";

async function withMistake(mistake: Mutant): Promise<Statistics> {
  const { outputFiles } = await build({
    entryPoints: ["core/statistics/index.ts"],
    bundle: true,
    write: false,
    format: "esm",
    plugins: [mutate(mistake)],
  });
  const [{ text } = { text: "" }] = outputFiles;
  return import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`);
}

test("the golden rows find nothing wrong as it is", () => {
  expect(wrongRows(statistics)).toEqual([]);
});

test.each(
  MISTAKES.map((mistake) => [mistake.name, mistake] as const),
)("the golden rows find: %s", async (_, mistake) => {
  expect(wrongRows(await withMistake(mistake))).not.toEqual([]);
});
