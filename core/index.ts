/** `fairsplit/core`: the pure definitions that the tag, the server and the simulator share. */
export { assign, type CumulativeTable, cumulate, digest, pick, remainder, type WeightedGroup } from "./assign.ts";
export { type CrossedExperiment, type Crossing, type CrossTally, crossTally } from "./cross-tally.ts";
export type { DayRange } from "./day-range.ts";
export { type Context, type Evaluation, type Exposed, evaluate, type StickyEntry } from "./evaluate.ts";
export { type Event, EventSchema, parseEvent } from "./event.ts";
export {
  DEFINITION_FIELDS,
  type Definition,
  DefinitionSchema,
  defineExperiment,
  type Experiment,
  type ExperimentDraft,
  ExperimentSchema,
  parseExperiment,
  type State,
  type Unit,
} from "./experiment.ts";
export type { Goal } from "./goal.ts";
export { type Group, groupValue, weights } from "./group.ts";
export { type Impact, impact, type Split, splitOf } from "./impact.ts";
export { checkLinks } from "./links.ts";
export { InvalidInput, type Problem } from "./parse.ts";
export { type Plan, plannedOf } from "./plan.ts";
export { type PlannedSize, reachedAt } from "./reached-at.ts";
export { isCounted, REASONS, type Reason } from "./reason.ts";
export { type Report, type ReportGroup, type ReportInput, report } from "./report/report.ts";
export { compileRoutes, type RouteTest } from "./routes.ts";
export { type Condition, compileRule, type RuleContext, RuleError } from "./rule.ts";
export { DEFAULT_SETTINGS, parseSettings, type Settings, SettingsSchema } from "./settings.ts";
export { type Moments, meanAndVariance, type Sums } from "./sums.ts";
export {
  type DayTally,
  type EpochTally,
  type GoalTally,
  type GroupTally,
  type Tally,
  type TallyOptions,
  tally,
} from "./tally.ts";
export { type Change, transition } from "./transition.ts";
export { type UnitIds, unitIdOf } from "./unit.ts";
