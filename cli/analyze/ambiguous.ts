import { BadConfig } from "../../server/files/bad-config.ts";

/** One reading: a flag and its value. */
export interface Choice {
  readonly flag: string;
  readonly value: string;
}

/** Two readings are possible: a person may choose, a script has to say which by a flag. */
export class Ambiguous extends BadConfig {
  readonly what: string;
  readonly choices: readonly Choice[];

  constructor(what: string, choices: readonly Choice[]) {
    super(choices.length === 0 ? what : `${what}: say which by ${choices.map(choiceText).join(" or ")}`);
    this.what = what;
    this.choices = choices;
  }
}

/** As it is typed into a shell. */
export function choiceText({ flag, value }: Choice): string {
  return `--${flag} ${/[^\w=.,:/-]/.test(value) ? `'${value}'` : value}`;
}
