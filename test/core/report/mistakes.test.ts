import { build } from "esbuild";
import { expect, test } from "vitest";
import { report } from "../../../core/report/report.ts";
import { mutate } from "../../faults/rig/mutants.ts";
import { CLAIMS } from "./claims.ts";
import { MISTAKES } from "./mistakes.ts";

/** Names of the claims that a report violates. */
function broken(make: typeof report): string[] {
  return CLAIMS.filter(({ input, expected }) => {
    try {
      expect(make(input)).toMatchObject(expected);
      return false;
    } catch {
      return true;
    }
  }).map(({ name }) => name);
}

test.each(CLAIMS.map((claim) => [claim.name, claim] as const))("%s", (_, { input, expected }) => {
  expect(report(input)).toMatchObject(expected);
});

test.each(MISTAKES.map((mistake) => [mistake.name, mistake] as const))("these find: %s", async (_, mistake) => {
  const { outputFiles } = await build({
    entryPoints: ["core/report/report.ts"],
    bundle: true,
    write: false,
    format: "esm",
    plugins: [mutate(mistake)],
  });
  const [{ text } = { text: "" }] = outputFiles;
  const wrong = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`);
  expect(broken(wrong.report)).not.toEqual([]);
});
