import { createInterface } from "node:readline/promises";
import { Ambiguous, type Choice, choiceText } from "./ambiguous.ts";
import { type AnalyzeOptions, parseAnalyzeOptions } from "./options.ts";

/** Maximum number of questions: every answer resolves one. */
const MAX_QUESTIONS = 20;

/**
 * Runs with options, and asks the user for the reading wherever two are possible, as long as a
 * terminal can answer.
 *
 * @param flags source of the options; an answer becomes one more flag
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
      const closed = new Promise<null>((resolve) => lines.once("close", () => resolve(null)));
      let question = `${error.what}\n${choices.join("")}Which? `;
      let choice: Choice | undefined;
      while (!choice) {
        const answer = await Promise.race([lines.question(question), closed]);
        // End of the input.
        if (answer === null) throw error;
        choice = error.choices[Number(answer.trim()) - 1];
        question = `Please enter a number from 1 to ${choices.length}: `;
      }
      lines.close();
      output.write(`${choiceText(choice)}\n`);
      answered = { ...answered, [choice.flag]: joined(answered[choice.flag], choice) };
    }
  }
}

/** Adds an answer to a flag's existing value. */
function joined(before: unknown, { flag, value }: Choice): string {
  if (before === undefined) return value;
  if (flag === "where") return `(${before}) and ${value}`;
  return flag === "columns" || flag === "ignore" || flag === "yes" ? `${before},${value}` : value;
}
