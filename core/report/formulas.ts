/** Goes up whenever a report of the same events would say other numbers or another verdict. */
export const FORMULAS_VERSION = 1;

/** What a number of the report is computed by. */
export interface Formula {
  readonly what: string;
  readonly how: string;
}

/** The report's footer: every number that is not a count, by name and source. */
export const FORMULAS: readonly Formula[] = [
  {
    what: "Split of the visitors",
    how: "Pearson's chi-square against the weights of this epoch; with two groups and an expected count below 5 the exact binomial test; alarm below p = 0.001 (Fabijan et al. 2019)",
  },
  { what: "Interval of a rate", how: "Wilson 1927" },
  {
    what: "p of two rates",
    how: "z test with pooled variance, two-sided; with an expected count below 5 the exact permutation test of the devices (Fisher 1935)",
  },
  { what: "Interval of a difference of rates", how: "score interval (Mee 1984), which agrees with the p" },
  { what: "Interval of a lift of rates", how: "score interval (Koopman 1984), which agrees with the p" },
  {
    what: "p and interval of two means",
    how: "Welch's t test on totals per device; while a group has fewer than 100 that are not 0, the permutation test of the devices (Phipson & Smyth 2010)",
  },
  { what: "Interval of a lift of means", how: "Fieller 1954" },
  {
    what: "Three or more groups",
    how: "Pearson's chi-square over all groups first, then each against the control, p adjusted by Holm 1979",
  },
  { what: "Goals after the first", how: "p adjusted by Benjamini & Hochberg 1995" },
  {
    what: "Before the planned number of visitors",
    how: "always-valid p and intervals: exact for conversions (Lindon & Malek 2022), a confidence sequence for means (Waudby-Smith et al. 2021)",
  },
  {
    what: "Chance to beat the control",
    how: "beta-binomial with an even prior (Miller 2015); does not protect against peeking",
  },
];
