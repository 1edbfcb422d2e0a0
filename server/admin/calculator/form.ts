import * as v from "valibot";
import { InvalidInput, parse } from "../../../core/parse.ts";
import { type PlannedDevices, plannedDevices } from "../../../core/planned-devices.ts";
import { withoutPercent } from "../ui/number-text.ts";

/** A calculation as entered, and as in its address: all texts, rates in percent. */
export interface CalculatorFields {
  readonly baseline: string;
  readonly lift: string;
  readonly alpha: string;
  readonly power: string;
  /** Weights such as `50/50`. */
  readonly groups: string;
  /** Visitors per day; may be empty. */
  readonly perDay: string;
}

export const NEW_CALCULATION: CalculatorFields = {
  baseline: "",
  lift: "",
  alpha: "5",
  power: "80",
  groups: "50/50",
  perDay: "",
};

/** An effect, and the sample size that detects it. */
export interface PlannedCase {
  /** Relative change of the rate. */
  readonly lift: number;
  /** The rate with that effect. */
  readonly rate: number;
  readonly devices: PlannedDevices;
  /** Null without the number of visitors per day. */
  readonly days: number | null;
}

export interface Calculation {
  readonly baseline: number;
  readonly power: number;
  readonly wanted: PlannedCase;
  /** The same for half and twice the effect, where possible. */
  readonly others: readonly PlannedCase[];
}

/** Checks the percentage as entered: 99.9 / 100 is more than 0.999. */
const percentage = (allowed: string, check: (percent: number) => boolean) =>
  v.pipe(
    v.string(allowed),
    v.trim(),
    v.regex(/^[+-]?\d{1,9}(?:\.\d{1,9})?\s*%?$/, allowed),
    v.transform((text) => Number(withoutPercent(text))),
    v.check(check, allowed),
    v.transform((percent) => percent / 100),
  );

const WEIGHTS = "weights from 1 to 999,999 of 2 to 20 groups, the control's first, such as 50/50 or 1/1/2";
const PER_DAY = "a whole number of visitors above 0, or nothing";

const CalculatorSchema = v.object({
  baseline: percentage("a rate above 0 and below 100%", (percent) => percent > 0 && percent < 100),
  lift: percentage("a change other than 0, such as 20 for 20% more", (percent) => percent !== 0),
  alpha: percentage("a level from 0.001 to 20%", (percent) => percent >= 0.001 && percent <= 20),
  power: percentage("a chance from 50 to 99.9%", (percent) => percent >= 50 && percent <= 99.9),
  groups: v.pipe(
    v.string(WEIGHTS),
    v.trim(),
    v.regex(/^\d{1,6}(?:\s*\/\s*\d{1,6}){1,19}$/, WEIGHTS),
    v.transform((text) => text.split("/").map(Number)),
    v.check((weights) => weights.every((weight) => weight > 0), WEIGHTS),
  ),
  perDay: v.pipe(
    v.string(PER_DAY),
    v.trim(),
    v.regex(/^(?:[1-9]\d{0,11})?$/, PER_DAY),
    v.transform((text) => (text === "" ? null : Number(text))),
  ),
});

/** Missing fields have the defaults of a new calculation. */
export function readCalculator(query: Readonly<Record<string, string>>): CalculatorFields {
  const of = (name: keyof CalculatorFields) => query[name] ?? NEW_CALCULATION[name];
  return {
    baseline: of("baseline"),
    lift: of("lift"),
    alpha: of("alpha"),
    power: of("power"),
    groups: of("groups"),
    perDay: of("perDay"),
  };
}

/** Calculates the sample size. Throws InvalidInput that names the fields. */
export function calculate(fields: CalculatorFields): Calculation {
  const { baseline, lift, alpha, power, groups: weights, perDay } = parse(CalculatorSchema, fields);
  const groups = weights.map((weight, place) => ({ name: String.fromCodePoint(65 + place), weight }));
  const caseOf = (wanted: number): PlannedCase | null => {
    const rate = baseline * (1 + wanted);
    if (rate < 0 || rate > 1) return null;
    const devices = plannedDevices({ baseline, lift: wanted, groups, control: "A", alpha, power });
    return { lift: wanted, rate, devices, days: perDay === null ? null : Math.ceil(devices.total / perDay) };
  };
  const wanted = caseOf(lift);
  if (!wanted) {
    throw new InvalidInput([
      { field: "lift", value: fields.lift, allowed: "a change with which the rate stays from 0 to 100%" },
    ]);
  }
  const others = [caseOf(lift / 2), caseOf(lift * 2)].filter((other) => other !== null);
  return { baseline, power, wanted, others };
}
