import type { Goal } from "../../../core/goal.ts";

const KINDS = {
  binary: "conversion",
  value: "value",
  count: "count",
  ratio: "ratio",
} as const satisfies Record<Goal["kind"], string>;

const UNITS = { m: "minute", h: "hour", d: "day" } as const;

/** Formats a window: `1d` is “1 day”. */
export function windowWords(window: string): string {
  const count = Number(window.slice(0, -1));
  const unit = UNITS[window.slice(-1) as keyof typeof UNITS];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** Selector of a goal's events: “button_click”, “page /thank-you”, “click buy”. */
export function goalSource(goal: object): string {
  const { event, page, click } = goal as Partial<Record<"event" | "page" | "click", string>>;
  if (page !== undefined) return `page ${page}`;
  return click === undefined ? (event ?? "") : `click ${click}`;
}

/** Formats a goal on one line: “Sales (purchase, value in EUR, within 1 day, capped at p99)”. */
export function goalWords(goal: Goal): string {
  const { kind, label, window, better, role, margin, cap, currency, cuped, requires } = goal;
  const ratio = "ratio" in goal ? goal.ratio : undefined;
  const per = ratio && (ratio.per === "session" ? "session" : goalSource(ratio.per));
  const parts = [
    label === undefined ? null : goalSource(goal),
    ratio ? `${ratio.of} per ${per}` : KINDS[kind],
    currency === undefined ? null : `in ${currency}`,
    window == null ? null : `within ${windowWords(window)}`,
    cap == null ? null : `capped at ${typeof cap === "number" ? cap : `p${cap.percentile}`}`,
    better === "down" ? "lower is better" : null,
    role === "guardrail" ? `guardrail${margin === undefined ? "" : `, at most ${100 * margin}% worse`}` : null,
    requires === "key" ? "only events with a key" : null,
    cuped == null ? null : `adjusted by the ${cuped} ${cuped === 1 ? "day" : "days"} before`,
  ];
  return `${label ?? goalSource(goal)} (${parts.filter((part) => part !== null).join(", ")})`;
}
