import { isRecord } from "../../../core/event-fields.ts";
import type { Definition, Experiment, State } from "../../../core/experiment.ts";
import {
  BLANK,
  type FieldErrors,
  NOT_A_LIST,
  NOT_A_NUMBER,
  NOT_A_TIME,
  NOT_TEXT,
  NOT_UNIQUE,
  notAChoice,
  RATIO_SUM,
  REQUIRED,
  TOO_LONG,
  ValidationError,
} from "./messages.ts";

const STATUSES = ["active", "paused", "completed"] as const;
type Status = (typeof STATUSES)[number];

const MAX_NAME_LENGTH = 200;
/** Ratios with decimals become weights in hundredths. */
const HUNDREDTHS = 100;

/** The content of a create or an update. */
export interface Wanted {
  readonly name?: string;
  readonly state?: State;
  readonly definition: Partial<Definition>;
}

/** The experiment in the platform's terms. */
export function shownOf(experiment: Experiment) {
  const { title, groups, startedAt, endedAt, external } = experiment;
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  const percent = (weight: number) => Math.round((weight * 100 * HUNDREDTHS) / total) / HUNDREDTHS;
  return {
    id: external?.id ?? 0,
    name: external?.name ?? title,
    status: statusOf(experiment),
    group_ratio: Object.fromEntries(groups.map(({ name, weight }) => [name, percent(weight)])),
    target_metrics: external?.targetMetrics ?? ["CTR"],
    start_date: external?.startDate ?? startedAt,
    end_date: external?.endDate ?? endedAt,
    created_by: external?.createdBy ?? null,
  };
}

function statusOf({ state, external }: Experiment): Status {
  if (state === "active") return "active";
  return state === "rollout" || external?.status === "completed" ? "completed" : "paused";
}

/**
 * Reads a create or an update. Throws ValidationError with the errors of all fields.
 *
 * @param before null for a create
 * @param isPartial whether fields may be missing
 * @param names names of the other experiments
 */
export function readExperiment(
  input: unknown,
  before: Experiment | null,
  isPartial: boolean,
  names: ReadonlySet<string>,
): Wanted {
  const errors: Record<string, string[]> = {};
  const fail = (field: string, message: string) => {
    errors[field] = [...(errors[field] ?? []), message];
  };
  if (!isRecord(input)) throw new ValidationError({ non_field_errors: ["Недопустимые данные."] });
  const { name, status, group_ratio: ratio, target_metrics: metrics } = input;
  if (name === undefined) {
    if (!isPartial) fail("name", REQUIRED);
  } else if (typeof name !== "string") fail("name", NOT_TEXT);
  else if (name.trim() === "") fail("name", BLANK);
  else if (name.length > MAX_NAME_LENGTH) fail("name", TOO_LONG);
  else if (names.has(name)) fail("name", NOT_UNIQUE);
  if (status !== undefined && !STATUSES.includes(status as Status)) fail("status", notAChoice(JSON.stringify(status)));
  const weights = ratio === undefined ? null : readRatio(ratio, (message) => fail("group_ratio", message));
  if (ratio === undefined && !isPartial) fail("group_ratio", REQUIRED);
  if (metrics !== undefined && !(Array.isArray(metrics) && metrics.every((one) => typeof one === "string"))) {
    fail("target_metrics", NOT_A_LIST);
  }
  for (const field of ["start_date", "end_date"]) {
    const time = input[field];
    if (time != null && !(typeof time === "string" && !Number.isNaN(Date.parse(time)))) fail(field, NOT_A_TIME);
  }
  if (Object.keys(errors).length > 0) throw new ValidationError(errors as FieldErrors);

  const external = {
    ...before?.external,
    ...(name === undefined ? {} : { name: name as string }),
    ...(metrics === undefined ? {} : { targetMetrics: metrics as string[] }),
    ...Object.fromEntries(
      [
        ["start_date", "startDate"],
        ["end_date", "endDate"],
        ["created_by", "createdBy"],
      ].flatMap(([field = "", own = ""]) => (input[field] === undefined ? [] : [[own, input[field]]])),
    ),
    ...(status === undefined ? {} : { status }),
  };
  const groups = weights?.map(([group, weight]) => ({
    ...before?.groups.find((one) => one.name === group),
    name: group,
    weight,
  }));
  const control = before && groups?.some((one) => one.name === before.control) === false ? groups[0]?.name : undefined;
  return {
    ...(name === undefined ? {} : { name: name as string }),
    ...(status === undefined ? {} : { state: status === "active" ? "active" : "inactive" }),
    definition: {
      external,
      ...(name === undefined ? {} : { title: name as string }),
      ...(groups === undefined ? {} : { groups }),
      ...(control === undefined ? {} : { control, fallback: control }),
    },
  };
}

/** Groups with whole weights; null when the ratio is not valid. */
function readRatio(ratio: unknown, fail: (message: string) => void): [string, number][] | null {
  if (!isRecord(ratio) || Object.keys(ratio).length < 2) {
    fail(RATIO_SUM);
    return null;
  }
  const entries = Object.entries(ratio);
  if (entries.some(([, share]) => typeof share !== "number" || share < 0)) {
    fail(NOT_A_NUMBER);
    return null;
  }
  const hundredths = entries.map(([group, share]): [string, number] => [
    group,
    Math.round((share as number) * HUNDREDTHS),
  ]);
  if (hundredths.reduce((sum, [, share]) => sum + share, 0) !== 100 * HUNDREDTHS) {
    fail(RATIO_SUM);
    return null;
  }
  const isWhole = hundredths.every(([, share]) => share % HUNDREDTHS === 0);
  return isWhole ? hundredths.map(([group, share]) => [group, share / HUNDREDTHS]) : hundredths;
}
