import type { PlaceholderSeen } from "../in-page.ts";
import {
  decidedOf,
  failed,
  isLate,
  listed,
  nameOf,
  type Outcome,
  passed,
  type Rehearsed,
  redirectOf,
  settledOf,
  untested,
  wordOf,
} from "./rehearsed.ts";

/** Checks that the tag runs on the page, and asks the server of the rehearsal. */
export function checkTag(rehearsed: Rehearsed): Outcome {
  const { visits, server, page } = rehearsed;
  const settled = settledOf(visits);
  const [first] = settled;
  if (!first) {
    const problem = visits.find((visit) => visit.problem !== null)?.problem;
    if (problem == null) return failed("no page settled: see redirect", "end the redirects");
    return failed(`${page} did not load: ${problem}`, "name a page that visitors see, and that answers in time");
  }
  const lost = visits.filter(
    ({ group, problem }) => problem !== null && settled.every((visit) => visit.group !== group),
  );
  if (lost.length > 0) {
    return failed(
      listed(lost.map((visit) => `${nameOf(visit)}: ${visit.problem}`)),
      "mend the variant of that group: it keeps the page from loading, or its scripts do not end",
    );
  }
  const running = settled.filter(({ seen }) => seen.isTagRunning);
  if (running.length === 0) {
    const [script] = first.seen.tagScripts;
    if (script === undefined) {
      const frame = settled.find(({ question }) => question !== null)?.question?.document;
      if (frame !== undefined) {
        return failed(
          `the tag runs in a frame of the page, ${bare(frame)}`,
          `rehearse that page: --url ${bare(frame)}`,
        );
      }
      return failed(
        `the page has no script of the tag${endOf(rehearsed)}`,
        "paste the script of /experiments/install into the page; a page behind a login cannot be rehearsed",
      );
    }
    return failed(`${script} did not run`, "see csp and assets; the address has to be the server's");
  }
  const question = running.find((visit) => visit.question !== null)?.question;
  if (!question) return failed("the tag asked for no groups", "let the page load the tag without a condition");
  if (question.status !== null && question.status !== 200) {
    return failed(`${bare(question.url)} answered ${question.status}`, "mend the server, or what is before it");
  }
  const foreign = visits.filter((visit) => visit.foreign.length > 0);
  if (foreign.length > 0) {
    return failed(
      `${foreign.length} of ${visits.length} visits had a device ID that is not the rehearsal's; their events were held back`,
      "let the site's server take the ID of the tag's cookie where a browser brings one, as a rehearsal does",
    );
  }
  const others = running.filter((visit) => !isLate(visit) && visit.seen.assigned !== visit.group);
  if (others.length > 0) {
    const asked = bare(question.url).replace(/\/(groups|api\/expgroups)$/, "");
    if (asked !== server) {
      return failed(
        `the page's tag asks ${asked}, which did not begin this rehearsal`,
        `give --server ${asked}, or let the page load the tag of ${server}`,
      );
    }
    return failed(
      `in ${others.length} of ${running.length} visits the tag was not given the previewed group`,
      "keep the parameter fairsplit_force when the page's address is changed or redirected",
    );
  }
  return passed(`runs in ${running.length} of ${visits.length} visits and asks ${new URL(question.url).origin}`);
}

/** Checks that the page has a placeholder of the experiment. */
export function checkPlaceholder(rehearsed: Rehearsed): Outcome {
  const { experiment, groups } = rehearsed;
  const settled = settledOf(rehearsed.visits);
  const here = settled.filter(({ group }) => group !== null && redirectOf(rehearsed, group) === null);
  if (settled.length === 0) return untested("no page settled");
  if (here.length === 0) return passed("every group has a page of its own");
  const attribute = `data-exp="${experiment.key}"`;
  const missing = here.filter(({ seen }) => seen.placeholders.length === 0);
  if (missing.length === here.length) {
    const keys = listed(here.flatMap(({ seen }) => seen.keys));
    const others = keys === "" ? "it has no placeholder at all" : `its placeholders are of ${keys}`;
    return failed(
      `no element of the page has ${attribute}: ${others}${endOf(rehearsed)}`,
      `write ${attribute} at the element to test`,
    );
  }
  if (missing.length > 0) {
    return failed(
      `${listed(missing.map(nameOf))}: no element has ${attribute} in ${missing.length} of ${here.length} visits`,
      "let the page have the placeholder for everyone, on every screen",
    );
  }
  return passed(`${attribute} is in the page for ${groups.join(", ")}`);
}

/** Checks that every group has a variant, or own content that is the control's. */
export function checkContent(rehearsed: Rehearsed): Outcome {
  const { experiment, groups } = rehearsed;
  const problems: string[] = [];
  let seen = 0;
  for (const group of groups) {
    const visit = settledOf(rehearsed.visits).find((one) => one.group === group && one.seen.placeholders.length > 0);
    if (redirectOf(rehearsed, group) !== null) {
      seen += 1;
      continue;
    }
    const [placeholder] = visit?.seen.placeholders ?? [];
    if (!placeholder) continue;
    seen += 1;
    const template = placeholder.templates.find((one) => one.group === group);
    if (template?.isEmpty && !template.isOnPurpose) problems.push(`the template of ${group} is empty`);
    else if (!template && !hasOther(rehearsed, placeholder, group)) {
      const isOwn = group === experiment.control || group === experiment.fallback;
      if (!isOwn) problems.push(`${group} has no template, so it shows the page's own content`);
      else if (!placeholder.hasContent) problems.push(`${group} has no template, and the placeholder is empty`);
    }
  }
  if (problems.length > 0) {
    return failed(
      problems.join("; "),
      `put <template data-group="…"> into the placeholder, or give the group HTML; data-empty marks what is meant to be empty`,
    );
  }
  return seen === 0 ? untested("there is no placeholder to look at") : passed(`${groups.join(", ")} have content`);
}

/** True if a group has something else than a template: HTML, a payload, a class. */
function hasOther({ experiment }: Rehearsed, placeholder: PlaceholderSeen, group: string): boolean {
  const { html, payload } = experiment.groups.find(({ name }) => name === group) ?? {};
  const takesPayload = placeholder.text !== null || placeholder.attribute !== null;
  return (
    html !== undefined ||
    (takesPayload && payload !== undefined && payload !== null) ||
    wordOf(placeholder.classes, group) !== null
  );
}

function isEmptyOnPurpose({ seen, group }: ReturnType<typeof decidedOf>[number]): boolean {
  return seen.placeholders.some(({ templates }) =>
    templates.some((one) => one.group === group && one.isEmpty && one.isOnPurpose),
  );
}

/** Checks that visitors can see the placeholder. */
export function checkVisible(rehearsed: Rehearsed): Outcome {
  const shown = decidedOf(rehearsed).filter(({ seen }) => seen.placeholders.length > 0);
  const hidden = shown.filter(
    (visit) =>
      visit.seen.placeholders.every(({ isVisible, needsNoPlace }) => !isVisible && !needsNoPlace) &&
      !isEmptyOnPurpose(visit),
  );
  if (shown.length === 0) return untested("no variant was shown");
  const covered = shown.filter(({ cover }) => cover !== null);
  if (covered.length > 0) {
    return failed(
      listed(
        covered.map((visit) => `${nameOf(visit)}: the placeholder is covered by ${visit.cover}, and counts as seen`),
      ),
      "put the placeholder where nothing lies over it, or let it be rendered when that is gone",
    );
  }
  const unseen = shown.filter((visit) => visit.isUnseen && !isEmptyOnPurpose(visit));
  if (hidden.length + unseen.length === 0) return passed("the placeholder can be seen by every group, on both screens");
  const alike = listed(unseen.map(nameOf));
  return failed(
    hidden.length > 0
      ? `${listed(hidden.map(nameOf))}: the placeholder cannot be seen, and counts as seen`
      : `${alike}: the placeholder cannot be seen (the screen looks the same without it), and counts as seen`,
    "show it (display, visibility, opacity, color, clip-path, size, position, z-index), or put the placeholder where the variant is visible",
  );
}

/** Checks that the groups that have a page of their own arrive there, without a loop. */
export function checkRedirect(rehearsed: Rehearsed): Outcome {
  const { visits, without, groups } = rehearsed;
  const loops = visits.filter(({ isLoop }) => isLoop);
  if (loops.length > 0) {
    const way = loops[0]?.documents.map((url) => new URL(url).pathname).join(" → ") || "its server's redirects";
    return failed(
      `${listed(loops.map(nameOf))}: the page never arrives (${way})`,
      "let the target page stay where it is",
    );
  }
  const targets = groups.flatMap((group) => {
    const target = redirectOf(rehearsed, group);
    return target === null ? [] : [{ group, target }];
  });
  const astray = targets.flatMap(({ group, target }) =>
    settledOf(visits)
      .filter((visit) => visit.group === group && !isSamePage(new URL(visit.seen.url), target))
      .map(({ seen }) => `${group} ended at ${new URL(seen.url).pathname}, not at ${target.pathname}`),
  );
  if (astray.length > 0) {
    return failed(
      listed(astray),
      "let the target page answer itself: no redirect back, the same site, the right address",
    );
  }
  const isOwn = without.some(({ status }) => status !== null);
  const broken = targets.flatMap(({ group, target }) =>
    visits
      .filter((visit) => visit.group === group && visit.status !== null && !isOwn)
      .map(({ status }) => `${group} arrives at ${target.pathname}, which answered ${status}`),
  );
  if (broken.length > 0) return failed(listed(broken), "mend the target page, or its address");
  const unseen = targets.filter(({ group }) => !settledOf(visits).some((visit) => visit.group === group));
  if (unseen.length > 0)
    return failed(`${listed(unseen.map(({ group }) => group))} arrived nowhere`, "mend the target page");
  if (targets.length === 0) return passed("no group has a page of its own");
  return passed(listed(targets.map(({ group, target }) => `${group} arrives at ${target.pathname}`)));
}

/** Words for a page that was not the one to visit, such as that of a login; empty if it was. */
function endOf({ visits, page }: Rehearsed): string {
  const [visit] = settledOf(visits);
  if (!visit) return "";
  const { seen, status } = visit;
  const answered = status === null ? "" : `; it answered ${status}`;
  return isSamePage(new URL(seen.url), new URL(page))
    ? answered
    : `; ${new URL(page).pathname} leads to ${bare(seen.url)}${answered}`;
}

const bare = (url: string) => url.split("?", 1)[0] ?? url;

function isSamePage(a: URL, b: URL): boolean {
  const path = ({ pathname }: URL) => pathname.replace(/\/$/, "");
  return a.host === b.host && path(a) === path(b);
}
