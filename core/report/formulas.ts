/** Increment whenever the same events would give other numbers or another verdict. */
export const FORMULAS_VERSION = 2;

/** The formula behind a number of the report. */
export interface Formula {
  readonly what: string;
  readonly how: string;
}

/** The report's footer: name and source of every number that is not a count. */
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
    how: "Welch's t test on totals per device; while a group has fewer than 100 that are not 0, the permutation test of the devices (Phipson & Smyth 2010); where the skewness of the difference is above 1/√355 (Boos & Hughes-Oliver 2000; Kohavi et al. 2014), the permutation test of Welch's t (Chung & Romano 2013), and none with too many totals to permute",
  },
  { what: "Interval of a lift of means", how: "Fieller 1954, relative to the size of the control's mean" },
  {
    what: "Ratios",
    how: "delta method over devices (Deng, Knoblich & Lu 2018), Welch's t test; none where what is left of the numerators is so skewed that the difference is above 1/√355",
  },
  {
    what: "What devices did before",
    how: "CUPED where it was chosen (Deng et al. 2013): totals less what the days before the first exposure predict",
  },
  {
    what: "Three or more groups",
    how: "each against the control, p adjusted by Holm 1979; intervals at the level at which the adjusted p decides",
  },
  { what: "Goals after the first", how: "p adjusted by Benjamini & Hochberg 1995" },
  {
    what: "Before the planned number of visitors",
    how: "sequential p and intervals, valid however often you check; for rates the average of three e-values (Vovk & Wang 2021): a confidence sequence of their difference (Waudby-Smith et al. 2021), and exact evidence from conversions and from non-conversions (Lindon & Malek 2022); for means a confidence sequence",
  },
  {
    what: "Guardrails",
    how: "non-inferiority by the sequential interval of the lift: harm at alpha shared by all guardrails and groups, safety at alpha",
  },
  {
    what: "Chance to beat the control",
    how: "beta-binomial with an even prior (Miller 2015); does not protect against peeking",
  },
];
