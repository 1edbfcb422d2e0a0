import * as v from "valibot";
import { Route } from "./routes.ts";
import { Text } from "./schemas.ts";
import { Window } from "./window.ts";

const EVENT_ALLOWED = "the name of an event, 1 to 100 characters";
const CAP_ALLOWED = "a number above 0 and at most 10^9, {percentile}, or null";
const PERCENTILE_ALLOWED = "a percentile from 50 to 99.999 with at most 3 decimals";
const MARGIN_ALLOWED = "a share above 0 and at most 1, such as 0.02 for 2%";
const DAYS_ALLOWED = "a whole number of days from 1 to 90, or null";

const EventName = v.pipe(v.string(EVENT_ALLOWED), v.minLength(1, EVENT_ALLOWED), v.maxLength(100, EVENT_ALLOWED));

const Cap = v.union(
  [
    v.pipe(v.number(CAP_ALLOWED), v.gtValue(0, CAP_ALLOWED), v.maxValue(1e9, CAP_ALLOWED)),
    v.strictObject(
      {
        percentile: v.pipe(
          v.number(PERCENTILE_ALLOWED),
          v.minValue(50, PERCENTILE_ALLOWED),
          v.maxValue(99.999, PERCENTILE_ALLOWED),
          v.check((percentile) => Math.round(percentile * 1000) / 1000 === percentile, PERCENTILE_ALLOWED),
        ),
      },
      CAP_ALLOWED,
    ),
  ],
  CAP_ALLOWED,
);

const RATIO_ALLOWED = 'a ratio {of: "value" or "count", per: {event}, {page}, {click} or "session"}';

const Ratio = v.strictObject(
  {
    /** Numerator: the sum of the values of the goal's events, or their count. */
    of: v.picklist(["value", "count"], "value or count"),
    /** Denominator: the count of other events, or the unit's sessions. */
    per: v.union(
      [
        v.literal("session"),
        v.strictObject({ event: EventName }),
        v.strictObject({ page: Route }),
        v.strictObject({ click: EventName }),
      ],
      RATIO_ALLOWED,
    ),
  },
  RATIO_ALLOWED,
);

const Kind = v.picklist(["binary", "value", "count", "ratio"], "binary, value, count or ratio");

export const GoalSchema = v.pipe(
  v.strictObject(
    {
      event: v.exactOptional(EventName),
      /** A glob: page views of these paths. */
      page: v.exactOptional(Route),
      /** An event sent by `data-exp-click`. */
      click: v.exactOptional(EventName),
      kind: Kind,
      label: v.exactOptional(Text),
      window: v.exactOptional(Window),
      cap: v.exactOptional(v.nullable(Cap)),
      better: v.exactOptional(v.picklist(["up", "down"], "up or down")),
      role: v.exactOptional(v.picklist(["primary", "secondary", "guardrail"], "primary, secondary or guardrail")),
      margin: v.exactOptional(
        v.pipe(v.number(MARGIN_ALLOWED), v.gtValue(0, MARGIN_ALLOWED), v.maxValue(1, MARGIN_ALLOWED)),
      ),
      currency: v.exactOptional(
        v.pipe(v.string(), v.regex(/^[A-Z]{3}$/, "an ISO 4217 code of three letters, such as EUR")),
      ),
      ratio: v.exactOptional(Ratio),
      /** Only events that a server sent with an ingest key count. */
      requires: v.exactOptional(v.literal("key", "key")),
      cuped: v.exactOptional(
        v.nullable(
          v.pipe(
            v.number(DAYS_ALLOWED),
            v.integer(DAYS_ALLOWED),
            v.minValue(1, DAYS_ALLOWED),
            v.maxValue(90, DAYS_ALLOWED),
          ),
        ),
      ),
    },
    "a goal: {event, kind, …}",
  ),
  v.forward(
    v.partialCheck(
      [["event"], ["page"], ["click"]],
      ({ event, page, click }) => [event, page, click].filter((source) => source !== undefined).length === 1,
      `${EVENT_ALLOWED}, or else one of page and click`,
    ),
    ["event"],
  ),
  v.forward(
    v.partialCheck(
      [["kind"], ["ratio"]],
      ({ kind, ratio }) => (kind === "ratio") === (ratio !== undefined),
      `${RATIO_ALLOWED} where the kind is ratio, and nothing elsewhere`,
    ),
    ["ratio"],
  ),
  v.forward(
    v.partialCheck(
      [["kind"], ["cap"]],
      ({ kind, cap }) => cap == null || kind === "value",
      "null where the kind is not value",
    ),
    ["cap"],
  ),
  v.forward(
    v.partialCheck(
      [["kind"], ["cuped"]],
      ({ kind, cuped }) => cuped == null || kind !== "ratio",
      "null where the kind is ratio",
    ),
    ["cuped"],
  ),
  v.forward(
    v.partialCheck(
      [["role"], ["margin"]],
      ({ role, margin }) => margin === undefined || role === "guardrail",
      "nothing where the role is not guardrail",
    ),
    ["margin"],
  ),
);

/**
 * An event that counts as a conversion. Missing fields have defaults, so that older definitions
 * keep their meaning.
 */
export type Goal = v.InferOutput<typeof GoalSchema>;

/** Name of the goal's events, or its glob of pages: its key in reports. */
export function goalName({ event, click, page }: Goal): string {
  return event ?? click ?? page ?? "";
}

/** Role of the goal at an index of an experiment's list: the first one is primary. */
export function roleOf(goal: Goal, place: number): "primary" | "secondary" | "guardrail" {
  return place === 0 ? "primary" : (goal.role ?? "secondary");
}

/** Direction that is an improvement. */
export function betterOf({ better = "up" }: Goal): "up" | "down" {
  return better;
}

const FIRST_IS_PRIMARY = "primary for the first goal, and for no other";

/** The first one is primary. */
export const Goals = v.pipe(
  v.array(GoalSchema, "a list of goals"),
  v.minLength(1, "at least 1 goal"),
  v.maxLength(20, "at most 20 goals"),
  v.checkItems(({ role }, place) => role === undefined || (role === "primary") === (place === 0), FIRST_IS_PRIMARY),
);
