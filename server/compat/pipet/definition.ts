import type { Experiment } from "../../../core/experiment.ts";
import { type Group, groupValue } from "../../../core/group.ts";
import { proctorPayload } from "./payload.ts";

/** Value and name of the bucket of an inactive test. */
const INACTIVE = -1;

const TEST_TYPES: Readonly<Record<Experiment["unit"], string>> = {
  device: "USER",
  account: "ACCOUNT",
  session: "SESSION",
  random: "RANDOM",
};

interface Experiments {
  get(key: string): Experiment | undefined;
}

/**
 * An experiment as a test of Proctor's matrix. The matrix is public: descriptions and labels, which
 * clients do not use, are left empty.
 */
export function definitionOf(experiment: Experiment, experiments: Experiments) {
  const { key, state, groups, allocations, rolloutGroup, fallback, rule, salt, unit, version } = experiment;
  const bucket = ({ name, payload }: Group) => {
    const typed = proctorPayload(experiment, payload);
    return {
      name,
      value: groupValue(experiment, name),
      description: "",
      ...(typed === undefined ? {} : { payload: typed }),
    };
  };
  const inactive = { name: fallback, value: INACTIVE, description: "inactive" };
  const everybody = (bucketValue: number) => [{ bucketValue, length: 1 }];
  const rolledOut = groups.find(({ name }) => name === rolloutGroup);
  const own =
    state === "inactive"
      ? [{ id: "#A1", rule: null, ranges: everybody(INACTIVE) }]
      : rolledOut
        ? [{ id: "#A1", rule: null, ranges: everybody(groupValue(experiment, rolledOut.name)) }]
        : [
            ...allocations.map(({ id, rule, weights }) => ({
              id: `#${id}`,
              rule,
              ranges: rangesOf(experiment, weights),
            })),
            { id: "#A1", rule: null, ranges: rangesOf(experiment, groups) },
          ];
  return {
    version: String(version),
    salt: salt ?? key,
    rule,
    constants: {},
    buckets: [inactive, ...groups.map(bucket)],
    allocations: own,
    testType: TEST_TYPES[unit],
    silent: false,
    metaTags: [],
    dependsOn:
      experiment.dependsOn === null
        ? null
        : { testName: experiment.dependsOn.key, bucketValue: valueIn(experiments, experiment.dependsOn) },
    description: "",
  };
}

function valueIn(experiments: Experiments, { key, group }: { readonly key: string; readonly group: string }): number {
  const other = experiments.get(key);
  return other ? groupValue(other, group) : INACTIVE;
}

/** Ranges in the order of the groups; their lengths add up to exactly 1. */
function rangesOf(experiment: Experiment, weights: readonly { readonly name: string; readonly weight: number }[]) {
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  const ranges = weights
    .filter(({ weight }) => weight > 0)
    .map(({ name, weight }) => ({ bucketValue: groupValue(experiment, name), length: weight / total }));
  const rest = ranges.slice(0, -1).reduce((sum, { length }) => sum + length, 0);
  return ranges.map((range, place) => (place === ranges.length - 1 ? { ...range, length: 1 - rest } : range));
}
