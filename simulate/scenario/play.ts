import { logNormal } from "../../core/log-normal.ts";
import type { Random } from "../../core/random-streams.ts";
import { isCounted } from "../../core/reason.ts";
import { weightedChoice } from "../../core/weighted-choice.ts";
import type { Person, PlannedVisit } from "./person.ts";
import { factorOf, pathOf, type Scenario } from "./scenario.ts";
import type { Groups, Site } from "./site.ts";
import type { Deed, SentEvent } from "./truth.ts";

const DAY_MS = 86_400_000;

/** Longest visit: the next one of the person is an hour later at the earliest. */
const MAX_PAGES = 40;
const MAX_STAY_MS = 60_000;
/** Time from a page to its exposures, and to a goal without a delay. */
const EXPOSED_MS = 60;
const REACHED_MS = 2000;

/** Everything that a person did, and what went wrong. */
export interface Played {
  readonly deeds: readonly Deed[];
  readonly views: number;
  /** Groups of each unit that changed between two views. */
  readonly changes: readonly string[];
  /** Pages that showed something else than was assigned. */
  readonly mismatches: readonly string[];
  readonly errors: readonly string[];
}

/**
 * Plays a person's visits in the order of their time, as the tag would behave on each page.
 *
 * @param startMs when the scenario's first day begins, as `Date.now` has it
 */
export async function play(
  scenario: Scenario,
  person: Person,
  random: Random,
  site: Site,
  startMs: number,
): Promise<Played> {
  const { pages, goals, experiments, visitors, effects } = scenario;
  const endMs = startMs + scenario.days * DAY_MS;
  const startOf = weightedChoice(Object.entries(pages).map(([page, { start }]) => [page, start] as const));
  const isHeard = person.kind === "visitor" || person.kind === "bot";
  const deeds: Deed[] = [];
  const errors: string[] = [];
  const changes: string[] = [];
  const mismatches: string[] = [];
  const groupOfUnit = new Map<string, string>();
  const reached = new Set<string>();
  /** Time of the last answer that each device has stored. */
  const storedMs = new Map<string, number>();
  let views = 0;
  let sequence = 0;

  const visit = async ({ atMs, deviceId, device, isSlow, isBounce }: PlannedVisit) => {
    let accountId = "";
    let page = startOf(random());
    let nowMs = startMs + atMs;
    let groups: Groups = {};
    for (let count = 0; count < MAX_PAGES; count += 1) {
      const current = pages[page];
      if (!current) return;
      const path = pathOf(scenario, page);
      const told: SentEvent[] = [];
      const later: SentEvent[] = [];
      const event = (offsetMs: number, fields: Pick<SentEvent, "event"> & Partial<SentEvent>, to = told) => {
        if (!isHeard) return;
        sequence += 1;
        const ts = new Date(nowMs + offsetMs).toISOString();
        const account = accountId === "" ? {} : { accountId };
        to.push({
          id: `${person.accountId.slice(8)}-${sequence.toString(16)}`,
          ts,
          deviceId,
          ...account,
          path,
          ...fields,
        });
      };
      const exposed = new Set<string>();
      const expose = () => {
        for (const [key, { pages: on, unit }] of Object.entries(experiments)) {
          const assigned = groups[key];
          if (!on.includes(page) || exposed.has(key) || !assigned || assigned.group === "" || isLate) continue;
          exposed.add(key);
          if (assigned.state !== "active" || !isCounted(assigned.reason)) continue;
          const owner = `${key} ${unit === "account" ? accountId : deviceId}`;
          const before = groupOfUnit.get(owner);
          if (before !== undefined && before !== assigned.group) {
            changes.push(`${key}: ${before}, then ${assigned.group}`);
          }
          groupOfUnit.set(owner, assigned.group);
          event(EXPOSED_MS, { event: "exposure", experiment: key, group: assigned.group, epoch: assigned.epoch });
        }
      };
      /** Reaches the goals of this page. */
      const reach = async () => {
        for (const [goal, { page: at, kind, rate, value, delay, by }] of Object.entries(goals)) {
          if (at !== page) continue;
          if (by === "page") event(EXPOSED_MS, { event: goal });
          if (by === "page" || reached.has(goal)) continue;
          reached.add(goal);
          const factor = factorOf(effects, goal, (experiment) => groups[experiment]?.group);
          const times =
            kind === "count"
              ? poisson(rate * factor, random)
              : random() < rate * (kind === "value" ? 1 : factor)
                ? 1
                : 0;
          const waitMs = REACHED_MS + (delay ? logNormal(delay.median, delay.sigma, random) : 0);
          const amount = value
            ? Math.round(100 * logNormal(value.median, value.sigma, random) * factor) / 100
            : undefined;
          const isRefunded = value !== undefined && random() < value.refunds;
          for (let time = 0; time < times && nowMs + waitMs < endMs; time += 1) {
            const fields = { event: goal, ...(amount === undefined ? {} : { value: amount }) };
            if (delay) event(waitMs, fields, later);
            else {
              const experiment = await site.reach({ goal, value: amount, atMs: nowMs + waitMs });
              const { group, epoch } = groups[experiment] ?? {};
              event(
                waitMs,
                experiment === ""
                  ? fields
                  : { ...fields, experiment, ...(group ? { group } : {}), ...(epoch ? { epoch } : {}) },
              );
            }
            const backMs = waitMs + (value?.refundedAfter ?? 0);
            if (isRefunded && amount !== undefined && nowMs + backMs < endMs) {
              event(backMs, { event: goal, value: -amount }, later);
            }
          }
        }
      };

      const isFirst = count === 0;
      // Groups that come too late are stored, and shown from the next page on.
      const isLate = isSlow && isFirst && !(nowMs - (storedMs.get(deviceId) ?? Number.NEGATIVE_INFINITY) < DAY_MS);
      views += 1;
      event(0, { event: "pageview" });
      groups = await site.open({
        page,
        path,
        deviceId,
        device,
        accountId,
        atMs: nowMs + EXPOSED_MS,
        isFirst,
        isSlow: isSlow && isFirst,
      });
      storedMs.set(deviceId, nowMs);
      expose();
      const movedTo = redirected(current.redirect, groups, exposed);
      if (movedTo === undefined) {
        if (visitors.login?.page === page && accountId === "" && random() < visitors.login.share) {
          accountId = person.accountId;
          groups = await site.login(accountId);
          expose();
        }
        await reach();
      }
      const left = await site.leave(told, later, movedTo === undefined ? null : pathOf(scenario, movedTo));
      mismatches.push(...left.mismatches.map((says) => `${path}: ${says}`));
      errors.push(...left.errors);
      for (const sent of [...told, ...later]) deeds.push(sent);
      // A page that sends the visitor on is left at once.
      if (movedTo === undefined) {
        nowMs += Math.min(MAX_STAY_MS, Math.max(5000, logNormal(current.stay, 0.5, random)));
        if (isBounce) return;
        page = nextPage(current.next, random());
        if (page === "") return;
      } else page = movedTo;
    }
  };

  try {
    for (const planned of person.visits) await visit(planned);
  } catch (error) {
    errors.push((error as Error).message);
  }
  return { deeds, views, changes, mismatches, errors };
}

/** Page of the group that a placeholder of this page redirects. */
function redirected(
  redirect: Readonly<Record<string, Readonly<Record<string, string>>>>,
  groups: Groups,
  exposed: ReadonlySet<string>,
): string | undefined {
  for (const [experiment, byGroup] of Object.entries(redirect)) {
    const page = exposed.has(experiment) ? byGroup[groups[experiment]?.group ?? ""] : undefined;
    if (page !== undefined) return page;
  }
  return undefined;
}

/** The next page; empty for the end of the visit. */
function nextPage(next: Readonly<Record<string, number>>, random: number): string {
  let upTo = 0;
  for (const [page, share] of Object.entries(next)) {
    upTo += share;
    if (random < upTo) return page;
  }
  return "";
}

/** Multiplication of uniform numbers (Knuth); means here are small. */
function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-Math.min(mean, 100));
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}
