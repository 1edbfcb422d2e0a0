import { createInterface } from "node:readline/promises";
import { Ambiguous, choiceText } from "./ambiguous.ts";
import { type AnalyzeOptions, parseAnalyzeOptions } from "./options.ts";

/** A question is asked at most so often: every answer settles one of them. */
const MAX_QUESTIONS = 20;

/**
 * Runs with options, and asks which reading is meant wherever two are possible, as long as somebody can answer.
 *
 * @param flags what the options were parsed from; an answer is one more flag
 */
export async function withQuestions<Result>(
  flags: Readonly<Record<string, unknown>>,
  { input, output }: { readonly input: NodeJS.ReadableStream; readonly output: NodeJS.WritableStream },
  run: (options: AnalyzeOptions) => Promise<Result>,
): Promise<Result> {
  let answered = flags;
  for (let asked = 0; ; asked += 1) {
    try {
      return await run(parseAnalyzeOptions(answered));
    } catch (error) {
      if (!(error instanceof Ambiguous) || error.choices.length === 0 || asked === MAX_QUESTIONS) throw error;
      const lines = createInterface({ input, output });
      const choices = error.choices.map((choice, place) => `  ${place + 1}  ${choiceText(choice)}\n`);
      const answer = await lines.question(`${error.what}\n${choices.join("")}Which? `).finally(() => lines.close());
      const choice = error.choices[Number(answer) - 1];
      if (!choice) throw error;
      const before = answered[choice.flag];
      const isList = choice.flag === "columns" || choice.flag === "ignore";
      answered = {
        ...answered,
        [choice.flag]: isList && before !== undefined ? `${before},${choice.value}` : choice.value,
      };
    }
  }
}
