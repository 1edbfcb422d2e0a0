import { evaluate } from "../../core/evaluate.ts";
import type { Experiment } from "../../core/experiment.ts";
import { isCounted } from "../../core/reason.ts";
import { compileRoutes } from "../../core/routes.ts";
import type { Settings } from "../../core/settings.ts";
import { sha256 } from "../../server/tokens/sha256.ts";
import { PAGES } from "./site.ts";
import type { Visitor } from "./visitor.ts";

/** An experiment on the generated site. */
export interface SiteExperiment {
  readonly experiment: Experiment;
  /** Indices of the pages on its routes. */
  readonly eligible: ReadonlySet<number>;
  /**
   * Index of the group that a visitor sees on a page; −1 if the visitor does not take part there.
   */
  groupOn(page: number, visitor: Visitor): number;
}

/**
 * Assigns visitors with the server's own function, including routes, rules, layers, dependencies
 * and the holdout.
 */
export function experimentsOnSite(experiments: readonly Experiment[], settings: Settings): SiteExperiment[] {
  const byKey = new Map(experiments.map((experiment) => [experiment.key, experiment]));
  return experiments.map((experiment) => {
    const isOnRoute = experiment.routes.length === 0 ? () => true : compileRoutes(experiment.routes);
    const names = experiment.groups.map(({ name }) => name);
    return {
      experiment,
      eligible: new Set(PAGES.flatMap((page, index) => (isOnRoute(`/${page}`) ? [index] : []))),
      groupOn: (page, { id, browser, place }) => {
        const context = {
          path: `/${PAGES[page]}`,
          language: place.language.replace("_", "-"),
          userAgent: browser.userAgent,
          experiments: byKey,
          settings,
        };
        const { group, reason } = evaluate(experiment, id, context, sha256);
        return isCounted(reason) ? names.indexOf(group) : -1;
      },
    };
  });
}
