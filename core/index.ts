/** `fairsplit/core`: the pure definitions that the tag, the server and the simulator share. */
export { assign, type CumulativeTable, cumulate, digest, pick, remainder, type WeightedGroup } from "./assign.ts";
export { type Evaluation, evaluate, type Reason } from "./evaluate.ts";
export { type Event, EventSchema, parseEvent } from "./event.ts";
export {
  defineExperiment,
  type Experiment,
  type ExperimentDraft,
  ExperimentSchema,
  type Group,
  parseExperiment,
  type State,
} from "./experiment.ts";
export { InvalidInput, type Problem } from "./parse.ts";
export { type Tally, type TallyOptions, tally } from "./tally.ts";
export { type StateChange, transition } from "./transition.ts";
