import {
  REHEARSAL_CHECKS,
  type RehearsalCheckName,
  type RehearsalReport,
  SCREENS,
} from "../../core/rehearsal/report.ts";
import { checkContent, checkPlaceholder, checkRedirect, checkTag, checkVisible } from "./checks/page-checks.ts";
import { checkCookie, checkGoals, checkRecorded } from "./checks/record-checks.ts";
import type { Outcome, Rehearsed } from "./checks/rehearsed.ts";
import { checkLargestPaint, checkLayoutShift, checkTimeToVariant, figuresOf } from "./checks/speed-checks.ts";
import { checkAssets, checkCsp, checkErrors, checkHydration } from "./checks/trouble-checks.ts";

const CHECKS: Readonly<Record<RehearsalCheckName, (rehearsed: Rehearsed) => Outcome>> = {
  tag: checkTag,
  csp: checkCsp,
  placeholder: checkPlaceholder,
  content: checkContent,
  visible: checkVisible,
  redirect: checkRedirect,
  recorded: checkRecorded,
  goals: checkGoals,
  errors: checkErrors,
  hydration: checkHydration,
  assets: checkAssets,
  cookie: checkCookie,
  "time to variant": checkTimeToVariant,
  "layout shift": checkLayoutShift,
  "largest paint": checkLargestPaint,
};

/** Texts of a report are bounded. */
const MAX_DETAIL_CHARACTERS = 1900;

/** Everything of a report that is not derived from the visits. */
export type ReportFacts = Pick<RehearsalReport, "definition" | "startedAt" | "seconds" | "browser">;

export function buildReport(rehearsed: Rehearsed, facts: ReportFacts): RehearsalReport {
  const { experiment, page, visits, without, groups } = rehearsed;
  const checks = REHEARSAL_CHECKS.map((name) => {
    const { detail, fix, ...rest } = CHECKS[name](rehearsed);
    return { name, ...rest, detail: shortened(detail), fix: fix === null ? null : shortened(fix) };
  });
  const views = groups.flatMap((group) =>
    SCREENS.map((screen) => {
      const own = visits.filter((visit) => visit.group === group && visit.screen === screen);
      const picture = own.find((visit) => visit.picture !== null)?.picture ?? null;
      return { group, screen, ...figuresOf(own), picture };
    }),
  );
  return {
    ok: checks.every(({ ok }) => ok),
    experiment: experiment.key,
    ...facts,
    page: shortened(page),
    checks,
    views,
    withoutTag: { ...figuresOf(without.filter(({ screen }) => screen === "desktop")), timeToVariantMs: null },
  };
}

/** Without control characters, which a page may put into its messages. */
function shortened(text: string): string {
  const plain = text.replace(/\p{Cc}+/gu, " ").toWellFormed();
  return plain.length > MAX_DETAIL_CHARACTERS ? `${plain.slice(0, MAX_DETAIL_CHARACTERS)}…` : plain;
}
