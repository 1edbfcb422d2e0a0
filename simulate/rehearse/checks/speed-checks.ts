import { SCREENS } from "../../../core/rehearsal/report.ts";
import type { RehearsalVisit } from "../visit.ts";
import {
  failed,
  isLate,
  listed,
  nameOf,
  type Outcome,
  passed,
  type Rehearsed,
  settledOf,
  untested,
} from "./rehearsed.ts";

/** Share of visits that may show the fallback; a machine may be busy once. */
const MAX_LATE_SHARE = 0.1;
/** More layout shift than without the tag: the limit of a good page, by Web Vitals. */
const MAX_LAYOUT_SHIFT = 0.1;
/** More time to the largest paint than without the tag; arbitrary. */
const MAX_PAINT_DELAY_MS = 500;

/** Median figures of visits. */
export function figuresOf(visits: readonly RehearsalVisit[]) {
  const settled = settledOf(visits);
  const of = (figure: (visit: (typeof settled)[number]) => number | null) =>
    median(settled.flatMap((visit) => figure(visit) ?? []));
  return {
    visits: visits.length,
    timeToVariantMs: of(({ seen }) => seen.timeToVariantMs),
    layoutShift: of(({ seen }) => seen.layoutShift),
    largestPaintMs: of(({ seen }) => seen.largestPaintMs),
  };
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** Checks that the variant comes before the tag shows the fallback. */
export function checkTimeToVariant(rehearsed: Rehearsed): Outcome {
  const running = settledOf(rehearsed.visits).filter(({ seen }) => seen.isTagRunning);
  const [first] = running;
  if (!first) return untested("the tag did not run");
  const { timeoutMs } = first.seen;
  const late = running.filter(isLate);
  const answers = running.flatMap(({ question }) => question?.answerMs ?? []);
  if (late.length > Math.max(1, running.length * MAX_LATE_SHARE)) {
    const took =
      answers.length > 0 ? `the server's answer took ${Math.round(median(answers) ?? 0)} ms` : "no answer came";
    return failed(
      `in ${late.length} of ${running.length} visits the fallback was shown after ${timeoutMs} ms: ${took}`,
      "bring the server nearer to visitors, or give it more room; data-timeout sets how long the tag waits",
    );
  }
  const times = running.flatMap(({ seen }) => seen.timeToVariantMs ?? []);
  const middle = median(times);
  if (middle === null) return untested("no variant was shown on this page");
  return passed(
    `median ${Math.round(middle)} ms, longest ${Math.round(Math.max(...times))} ms; the fallback would come after ${timeoutMs} ms`,
  );
}

/** Checks that variants do not move the page about. */
export function checkLayoutShift({ visits, without, groups }: Rehearsed): Outcome {
  const worst = SCREENS.flatMap((screen) =>
    groups.map((group) => {
      const own = visits.filter((visit) => visit.group === group && visit.screen === screen);
      const base = figuresOf(without.filter((visit) => visit.screen === screen)).layoutShift ?? 0;
      const shift = figuresOf(own).layoutShift;
      return { name: nameOf({ group, screen }), shift, more: shift === null ? null : shift - base };
    }),
  );
  const known = worst.filter((one) => one.more !== null);
  if (known.length === 0) return untested("the browser did not measure it");
  const bad = known.filter(({ more }) => (more ?? 0) > MAX_LAYOUT_SHIFT);
  if (bad.length > 0) {
    return failed(
      `${listed(bad.map(({ name, shift, more }) => `${name}: ${shift?.toFixed(2)}, ${more?.toFixed(2)} more than without the tag`))}; good is at most ${MAX_LAYOUT_SHIFT}`,
      "give the placeholder the height of its tallest variant (min-height)",
    );
  }
  const most = known.reduce((a, b) => ((b.more ?? 0) > (a.more ?? 0) ? b : a));
  return passed(`at most ${Math.max(0, most.more ?? 0).toFixed(3)} more than without the tag (${most.name})`);
}

/** Checks that the tag does not delay the largest paint. */
export function checkLargestPaint({ visits, without, groups }: Rehearsed): Outcome {
  const isDesktop = (visit: RehearsalVisit) => visit.screen === "desktop";
  const base = figuresOf(without.filter(isDesktop)).largestPaintMs;
  const found = groups.flatMap((group) => {
    const { largestPaintMs } = figuresOf(visits.filter((visit) => isDesktop(visit) && visit.group === group));
    return largestPaintMs === null ? [] : { group, largestPaintMs };
  });
  if (found.length === 0) return untested("the browser did not measure it");
  if (base === null) return untested("the page paints nothing without the tag that could be compared");
  const bad = found.filter(({ largestPaintMs }) => largestPaintMs - base > MAX_PAINT_DELAY_MS);
  const words = listed(found.map(({ group, largestPaintMs }) => `${group} ${Math.round(largestPaintMs)} ms`));
  const detail = `median ${words}; ${Math.round(base)} ms without the tag`;
  return bad.length > 0
    ? failed(detail, "let pictures of variants be no larger than the page's, and load the tag with async")
    : passed(detail);
}
