import { compileRoutes } from "../../../core/routes.ts";
import {
  decidedOf,
  failed,
  listed,
  nameOf,
  type Outcome,
  passed,
  type Rehearsed,
  redirectOf,
  untested,
} from "./rehearsed.ts";

/** Checks that each visit shows what was assigned and would be recorded, once. */
export function checkRecorded(rehearsed: Rehearsed): Outcome {
  const { experiment: own, heard, page } = rehearsed;
  const { key, routes } = own;
  const path = new URL(page).pathname;
  if (routes.length > 0 && !compileRoutes(routes)(path)) {
    return failed(
      `the experiment does not run on ${path}: its pages are ${listed(routes)}`,
      "add the page to the experiment",
    );
  }
  const decided = decidedOf(rehearsed);
  if (decided.length === 0) return untested("in no visit the tag was given the group");
  const problems = decided.flatMap((visit) => {
    const { seen, group } = visit;
    const name = nameOf(visit);
    if (group !== null && redirectOf(rehearsed, group) === null) {
      if (seen.placeholders.length === 0) return [];
      for (const { shown, rendered } of seen.placeholders) {
        if (shown !== group) return [`${name}: the placeholder shows ${shown === null ? "no variant" : shown}`];
        if (rendered !== null && rendered !== group) return [`${name}: the content is the one of ${rendered}`];
      }
    }
    const events = heard.get(seen.deviceId ?? "") ?? [];
    const exposures = events.filter(({ event, experiment }) => event === "exposure" && experiment === key);
    // A click on a goal may lead to another page of the site, without a new document too.
    const pages = events.filter(({ event }) => event === "pageview").length;
    if (exposures.length === 0) return [`${name}: no exposure arrived, so such visitors would not be counted`];
    const other = exposures.find((event) => event.group !== group);
    if (other) return [`${name}: an exposure of ${other.group} arrived`];
    return exposures.length > Math.max(1, pages) ? [`${name}: ${exposures.length} exposures arrived`] : [];
  });
  const looked = decided.filter(
    ({ seen, group }) => seen.placeholders.length > 0 || (group !== null && redirectOf(rehearsed, group) !== null),
  );
  if (problems.length > 0) {
    return failed(
      listed(problems),
      "let no script of the page put other content into the placeholder, and let the tag's posts through",
    );
  }
  if (looked.length === 0) return untested("there is no placeholder to look at");
  return passed(`shown = assigned = recorded in ${looked.length} of ${looked.length} visits`);
}

/** Checks that the event of every goal arrives, in every group. */
export function checkGoals({ visits, experiment, groups }: Rehearsed): Outcome {
  const tried = visits.flatMap((visit) => visit.goals.map((goal) => ({ ...goal, group: visit.group })));
  if (tried.length === 0) return untested("no visit came so far that its goals could be tried");
  const wrong = tried.filter(({ arrived, way }) => !arrived && way !== "skip");
  if (wrong.length > 0) {
    const problems = wrong.map(({ name, group, way, problem }) => {
      const what = problem ?? (way === "click" ? "its element was clicked, and nothing arrived" : "nothing arrived");
      return `${name} in ${group}: ${what}`;
    });
    const [{ name }] = wrong as [(typeof wrong)[number]];
    return failed(
      listed(problems),
      `write data-exp-click="${name}" at the element that counts, or say how it happens: --goal "${name}=/path", --goal "${name}=CSS selector" or --goal "${name}=skip"`,
    );
  }
  const arrived = new Set(tried.filter((one) => one.arrived).map(({ name }) => name));
  const skipped = [
    ...new Set(
      tried
        .filter(({ way }) => way === "skip")
        .map(({ name, needsKey }) => (needsKey ? `${name} (counts only from your back end, with a key)` : name)),
    ),
  ];
  const silent = groups.filter((group) => !tried.some((one) => one.group === group));
  if (silent.length > 0) return failed(`no goal of ${listed(silent)} could be tried`, "see the checks above");
  if (arrived.size === 0) return untested(`left out: ${listed(skipped)}`);
  const rest = skipped.length > 0 ? `; left out: ${listed(skipped)}` : "";
  return passed(
    `${listed(arrived)} arrived in ${groups.length} of ${groups.length} groups of ${experiment.key}${rest}`,
  );
}

/** Checks that the browser keeps the visitor in the cookie. */
export function checkCookie(rehearsed: Rehearsed): Outcome {
  const known = decidedOf(rehearsed).filter(({ seen }) => seen.deviceId !== null);
  if (known.length === 0) return untested("the tag did not report anything");
  const refused = known.filter(({ seen }) => !seen.isInCookie);
  if (refused.length === 0) return passed("the browser keeps the visitor's cookie");
  const kept = refused.every(({ seen }) => seen.isInStorage)
    ? "only the storage of this origin keeps the visitor, not its subdomains"
    : "nothing keeps the visitor: every visit is a new one";
  return failed(
    `the cookie was refused in ${refused.length} of ${known.length} visits: ${kept}`,
    "data-cookie-domain has to be this site's domain or a parent of it; a cookie that scripts may not see must not have the tag's name",
  );
}
