import * as v from "valibot";
import { Text } from "./text.ts";

const EVENT_ALLOWED = "the name of an event, 1 to 100 characters";

export const GoalSchema = v.strictObject(
  {
    event: v.pipe(v.string(EVENT_ALLOWED), v.minLength(1, EVENT_ALLOWED), v.maxLength(100, EVENT_ALLOWED)),
    kind: v.picklist(["binary", "value", "count"], "binary, value or count"),
    label: v.exactOptional(Text),
  },
  "a goal: {event, kind, label?}",
);

/** An event that counts as a conversion. */
export type Goal = v.InferOutput<typeof GoalSchema>;

/** The first one is primary. */
export const Goals = v.pipe(
  v.array(GoalSchema, "a list of goals"),
  v.minLength(1, "at least 1 goal"),
  v.maxLength(20, "at most 20 goals"),
);
