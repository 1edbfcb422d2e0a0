import { BadConfig } from "../../server/files/bad-config.ts";

/** One possible reading: a flag and its value. */
export interface Choice {
  readonly flag: string;
  readonly value: string;
}

/** Input with two possible readings: a person can choose; a script must pass a flag. */
export class Ambiguous extends BadConfig {
  readonly what: string;
  readonly choices: readonly Choice[];

  constructor(what: string, choices: readonly Choice[]) {
    super(choices.length === 0 ? what : `${what}: say which by ${choices.map(choiceText).join(" or ")}`);
    this.what = what;
    this.choices = choices;
  }
}

/** The flag as typed into a shell. */
export function choiceText({ flag, value }: Choice): string {
  return `--${flag} ${/[^\w=.,:/-]/.test(value) ? `'${value}'` : value}`;
}
