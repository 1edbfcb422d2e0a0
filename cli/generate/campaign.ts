import type { Random } from "../../core/random-streams.ts";
import { weightedChoice } from "../../core/weighted-choice.ts";

/** The source of a visit: a referrer and an advertisement. */
export interface Campaign {
  readonly source: string;
  readonly medium: string;
  readonly content: string;
  readonly name: string;
  readonly refererUrl: string;
  readonly refererMedium: "search" | "internal";
}

/** Shares from fake-web-events. */
const SOURCES = { google: 0.15, facebook: 0.3, bing: 0.05, instagram: 0.2, mailchimp: 0.3 };
const MEDIUMS = { cpc: 0.25, affiliate: 0.1, organic: 0.4, social: 0.25 };
const CONTENTS = { ad_1: 0.05, ad_2: 0.3, ad_3: 0.2, ad_4: 0.25, ad_5: 0.2 };
const NAMES = { campaign_1: 0.8, campaign_2: 0.2 };

/** All campaigns, created once; visits choose among them. */
export const CAMPAIGNS = Object.entries(SOURCES).flatMap(([source, sourceShare]) =>
  Object.entries(MEDIUMS).flatMap(([medium, mediumShare]) =>
    Object.entries(CONTENTS).flatMap(([content, contentShare]) =>
      Object.entries(NAMES).map(([name, share]): readonly [Campaign, number] => {
        const refererMedium = source === "google" || source === "bing" ? "search" : "internal";
        const campaign = { source, medium, content, name, refererUrl: `www.${source}.com`, refererMedium } as const;
        return [campaign, sourceShare * mediumShare * contentShare * share];
      }),
    ),
  ),
);

const choice = weightedChoice(CAMPAIGNS);

export function campaignOf(random: Random): Campaign {
  return choice(random());
}
