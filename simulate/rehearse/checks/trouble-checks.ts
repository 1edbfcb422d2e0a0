import type { PageSeen } from "../in-page.ts";
import type { RehearsalVisit } from "../visit.ts";
import { failed, listed, nameOf, type Outcome, passed, type Rehearsed, settledOf } from "./rehearsed.ts";

/** Messages of React, Preact, Vue, Svelte, Solid, Angular, Astro and Next about hydration. */
const HYDRATION = [
  /hydrat/i,
  /server[- ]rendered (?:html|text)|server html|Expected server HTML/i,
  /Text content (?:did|does) not match/i,
  /Prop `\w+` did not match/i,
  /Minified React error #(?:418|419|421|422|423|425)\b/,
  /\bNG050\d\b/,
];

const isHydration = (text: string) => HYDRATION.some((pattern) => pattern.test(text));

/** Checks that the page's policy lets the tag and the variants do what they do. */
export function checkCsp({ visits, without, server }: Rehearsed): Outcome {
  const tags = settledOf(visits).flatMap(({ seen }) => seen.tagScripts.map((src) => new URL(src).origin));
  const ours = new Set([new URL(server).origin, ...tags]);
  const textOf = ({ directive, blocked }: RehearsalVisit["violations"][number]) =>
    `${directive} blocks ${withoutQuery(blocked)}`;
  const own = new Set(without.flatMap(({ violations }) => violations.map(textOf)));
  const isOurs = (blocked: string) => URL.canParse(blocked) && ours.has(new URL(blocked).origin);
  const found = visits.flatMap((visit) =>
    visit.violations
      .filter(
        (violation) =>
          isOurs(violation.blocked) ||
          visit.seen?.files.includes(withoutQuery(violation.blocked)) ||
          !own.has(textOf(violation)),
      )
      .map((violation) => ({ ...violation, name: nameOf(visit) })),
  );
  if (found.length === 0) {
    return passed(
      own.size === 0 ? "no violation of a policy" : `only what the page has without the tag, too: ${listed(own)}`,
    );
  }
  const [{ directive, blocked }] = found as [(typeof found)[number]];
  const fix = URL.canParse(blocked)
    ? `add ${new URL(blocked).origin} to ${directive.replace(/-(?:elem|attr)$/, "")} of the page's Content-Security-Policy${
        isOurs(blocked) ? ", and to connect-src" : ""
      }`
    : "keep inline scripts, styles and handlers out of variants, or give them the page's nonce";
  return failed(listed(found.map((one) => `${one.name}: ${textOf(one)}`)), fix);
}

const withoutQuery = (url: string) => url.split("?", 1)[0] ?? url;

/**
 * Checks that page and console report no error that the page without the tag has not. Nobody clicks
 * there: an error on a click is a variant's if not all groups have it.
 */
export function checkErrors({ visits, without }: Rehearsed): Outcome {
  const own = new Set(without.flatMap(({ errors }) => errors));
  const clicked = new Set(visits.flatMap(({ group, goals }) => (goals.length > 0 ? [group] : [])));
  const found = [
    ...messages(visits, ({ errors }) => errors),
    ...messages(visits, ({ clickErrors }) => clickErrors).filter(({ groups }) => groups.size < clicked.size),
  ].filter(({ text }) => !isHydration(text) && !own.has(text));
  if (found.length > 0) {
    return failed(
      listed(found.map(({ names, text }) => `${names}: ${text}`)),
      "mend the script, of the variant if only one group has it",
    );
  }
  return passed(
    own.size === 0
      ? "no page and no console reported an error"
      : `only what the page has without the tag, too: ${listed(own, 2)}`,
  );
}

/** Checks that no framework finds other markup than it expects. */
export function checkHydration({ visits, without }: Rehearsed): Outcome {
  const found = messages(visits, ({ errors, warnings }) => [...errors, ...warnings]).filter(({ text }) =>
    isHydration(text),
  );
  if (found.length === 0) return passed("no framework complained about its markup");
  const own = messages(without, ({ errors, warnings }) => [...errors, ...warnings]).some(({ text }) =>
    isHydration(text),
  );
  return failed(
    listed(found.map(({ names, text }) => `${names}: ${text}`)),
    own
      ? "the page has it without the tag, too: render on the server what the browser renders first"
      : 'let the tag wait for the framework: put data-after="load" at the placeholder or around it',
  );
}

/** Checks that every file comes that only the tag and the variants ask for. */
export function checkAssets({ visits, without }: Rehearsed): Outcome {
  const own = new Set(without.flatMap(({ assets }) => assets.map(({ url }) => url)));
  // Browsers fetch the files of templates, too, before anything shows them.
  const isOwn = (url: string, seen: PageSeen | null) => own.has(url) && !seen?.files.includes(url);
  const found = messages(visits, ({ assets, seen }) =>
    assets.filter(({ url }) => !isOwn(url, seen)).map(({ url, reason }) => `${url} ${reason}`),
  );
  if (found.length > 0) {
    return failed(
      listed(found.map(({ names, text }) => `${names}: ${text}`)),
      "correct the address, or put the file there",
    );
  }
  return passed(own.size === 0 ? "every file came" : `only what the page lacks without the tag, too: ${listed(own)}`);
}

/** Messages of visits, each with the groups that have it, and the screen if it is of one alone. */
function messages(visits: readonly RehearsalVisit[], of: (visit: RehearsalVisit) => readonly string[]) {
  const found = new Map<string, { groups: Set<string>; screens: Set<string> }>();
  for (const visit of visits) {
    for (const text of of(visit)) {
      const known = found.get(text) ?? { groups: new Set(), screens: new Set() };
      known.groups.add(visit.group ?? "");
      known.screens.add(visit.screen);
      found.set(text, known);
    }
  }
  return [...found].map(([text, { groups, screens }]) => ({
    text,
    groups,
    names: `${[...groups].join(" and ")}${screens.has("desktop") ? "" : " on a phone-sized screen"}`,
  }));
}
