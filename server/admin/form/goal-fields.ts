import { isDeepStrictEqual } from "node:util";
import type { Goal } from "../../../core/goal.ts";
import { isNumberText, withoutPercent } from "../ui/number-text.ts";

/**
 * Sources of a goal's events: an event's name, the path of a page view, or a clicked element's
 * event.
 */
const GOAL_SOURCES = ["event", "page", "click"] as const;

/** Denominators of a ratio. */
const RATIO_BASES = ["session", ...GOAL_SOURCES] as const;

/** A goal as entered: all texts, not validated. */
export interface GoalFields {
  /** One of `GOAL_SOURCES`. */
  readonly on: string;
  /** Name of the event, or a pattern of paths. */
  readonly event: string;
  readonly kind: string;
  readonly label: string;
  /** Such as `1d`; empty for none. */
  readonly window: string;
  /** `secondary` or `guardrail`; ignored for the first goal, which is primary. */
  readonly role: string;
  /** `up` or `down`. */
  readonly better: string;
  /** Largest acceptable harm of a guardrail, in percent. */
  readonly margin: string;
  /** A number, or a percentile such as `p99`; empty for none. */
  readonly cap: string;
  /** ISO 4217 code. */
  readonly currency: string;
  /** Numerator of a ratio: `value` or `count`. */
  readonly of: string;
  /** One of `RATIO_BASES`, and its name or pattern unless it is `session`. */
  readonly per: string;
  readonly perName: string;
  /** Days before the first exposure used by CUPED; empty for none. */
  readonly cuped: string;
  /** `key` or empty. */
  readonly requires: string;
}

/**
 * Initial values of a goal. A new one has a window of a day: without one, late conversions are
 * missed.
 */
export const NEW_GOAL: GoalFields = {
  on: "event",
  event: "",
  kind: "binary",
  label: "",
  window: "1d",
  role: "secondary",
  better: "up",
  margin: "",
  cap: "",
  currency: "",
  of: "value",
  per: "session",
  perName: "",
  cuped: "",
  requires: "",
};

const GOAL_FIELDS = Object.keys(NEW_GOAL) as (keyof GoalFields)[];

/** Reads a goal of a form. A missing field is empty, or has the default of the definition. */
export function readGoalFields(text: (field: string) => string): GoalFields {
  const sent = Object.fromEntries(GOAL_FIELDS.map((field) => [field, text(field)])) as Record<keyof GoalFields, string>;
  const oneOf = (field: keyof GoalFields, allowed: readonly string[], fallback: string) =>
    allowed.includes(sent[field]) ? sent[field] : fallback;
  return {
    ...sent,
    on: oneOf("on", GOAL_SOURCES, "event"),
    role: oneOf("role", ["guardrail"], "secondary"),
    better: oneOf("better", ["down"], "up"),
    of: oneOf("of", ["count"], "value"),
    per: oneOf("per", RATIO_BASES, "session"),
    requires: oneOf("requires", ["key"], ""),
  };
}

/** Initial values of a stored goal's fields. */
export function goalFieldsOf(goal: Goal): GoalFields {
  const { kind, label = "", window, role, better = "up", margin, cap, currency = "", cuped, requires = "" } = goal;
  const ratio = "ratio" in goal ? goal.ratio : undefined;
  const [on, event] = sourceOf(goal);
  const [per, perName] = ratio === undefined || ratio.per === "session" ? ["session", ""] : sourceOf(ratio.per);
  return {
    on,
    event,
    kind,
    label,
    window: window ?? "",
    role: role === "guardrail" ? role : "secondary",
    better,
    margin: margin === undefined ? "" : String(Number((100 * margin).toPrecision(15))),
    cap: cap == null ? "" : typeof cap === "number" ? String(cap) : `p${cap.percentile}`,
    currency,
    of: ratio?.of ?? "value",
    per,
    perName,
    cuped: cuped == null ? "" : String(cuped),
    requires,
  };
}

function sourceOf(goal: object): [on: string, name: string] {
  const named = goal as Partial<Record<string, string>>;
  for (const on of GOAL_SOURCES) if (named[on] !== undefined) return [on, named[on]];
  return ["event", ""];
}

/**
 * A goal in the shape of the schema, which validates it.
 *
 * @param before the stored goal at this index: an unedited one stays as stored
 */
export function enteredGoal(fields: GoalFields, isPrimary: boolean, before: Goal | undefined): object {
  if (before !== undefined && isDeepStrictEqual(goalFieldsOf(before), fields)) return before;
  const { on, event, kind, window, better, currency, of, per, perName } = fields;
  const isGuardrail = !isPrimary && fields.role === "guardrail";
  const [label, margin, cap, cuped] = [fields.label, fields.margin, fields.cap, fields.cuped].map((text) =>
    text.trim(),
  ) as [string, string, string, string];
  return {
    [on]: event.trim(),
    kind,
    ...(label === "" ? {} : { label }),
    ...(window === "" ? {} : { window }),
    ...(kind === "value" && cap !== "" ? { cap: readCap(cap) } : {}),
    ...(better === "down" ? { better } : {}),
    ...(isGuardrail ? { role: "guardrail" } : {}),
    ...(isGuardrail && margin !== "" ? { margin: readNumber(withoutPercent(margin), 100) } : {}),
    ...(currency.trim() === "" ? {} : { currency: currency.trim().toUpperCase() }),
    ...(kind === "ratio" ? { ratio: { of, per: per === "session" ? per : { [per]: perName.trim() } } } : {}),
    ...(kind !== "ratio" && cuped !== "" ? { cuped: readNumber(cuped) } : {}),
    ...(fields.requires === "key" ? { requires: "key" } : {}),
  };
}

function readCap(text: string): unknown {
  const [, percentile] = /^p\s*(\S+)$/i.exec(text) ?? [];
  return percentile === undefined ? readNumber(text) : { percentile: readNumber(percentile) };
}

/** A number, or the text for the schema to reject. */
function readNumber(text: string, divisor = 1): unknown {
  return isNumberText(text) ? Number((Number(text) / divisor).toPrecision(15)) : text;
}
