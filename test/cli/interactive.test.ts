import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Ambiguous } from "../../cli/analyze/ambiguous.ts";
import { withQuestions } from "../../cli/analyze/interactive.ts";
import type { AnalyzeOptions } from "../../cli/analyze/options.ts";

/** A run that asks for the decimal sign, then for the metric. */
async function run({ decimal, where }: AnalyzeOptions): Promise<string> {
  const flags = (flag: string, values: readonly string[]) => values.map((value) => ({ flag, value }));
  if (decimal === null) throw new Ambiguous("revenue has 1,200", flags("decimal", ["comma", "point"]));
  if (where === "age > 18") throw new Ambiguous("two metrics", flags("where", ["metric = buy", "metric = visit"]));
  return `${decimal}; ${where}`;
}

function asked(answers: readonly string[]) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let shown = "";
  const left = [...answers];
  output.on("data", (chunk: Buffer) => {
    shown += chunk;
    if (!/(\? |: )$/.test(String(chunk))) return;
    const answer = left.shift();
    if (answer === undefined) input.end();
    else input.write(`${answer}\n`);
  });
  return { result: withQuestions({ files: ["a.csv"], where: "age > 18" }, { input, output }, run), shown: () => shown };
}

test("each question is asked until a number answers it, and answers add to what flags say", async () => {
  const { result, shown } = asked(["3", "both", "2", "1"]);
  expect(await result).toBe("point; (age > 18) and metric = buy");
  expect(shown().match(/Please enter a number from 1 to 2/g)).toHaveLength(2);
  expect(shown()).toContain("revenue has 1,200\n  1  --decimal comma\n  2  --decimal point\nWhich? ");
});

test("where nobody answers, the error has the flags", async () => {
  await expect(asked([]).result).rejects.toThrow("say which by --decimal comma or --decimal point");
});
