import { readFileSync } from "node:fs";
import { isScalar, LineCounter, parseDocument, visit } from "yaml";
import { isSplit, SPLIT_ALLOWED } from "../../core/group.ts";
import { InvalidInput, parse } from "../../core/parse.ts";
import { UsageError } from "../usage-error.ts";
import { MAX_AMOUNT, MAX_MEAN, type ScenarioFields, ScenarioSchema } from "./schema.ts";

/** Scenarios of this package. */
export const SHIPPED = ["demo", "shop", "saas"] as const;
/** Events that the tag and the server report themselves. */
const OF_THE_TAG = ["pageview", "exposure", "exp_groups", "unknown_placeholder", "empty_variant"];
const MAX_BYTES = 1 << 20;
/** True without a tag, and for those of what JSON has, too: others make sets and dates. */
const isPlain = (tag: string | undefined) =>
  tag === undefined || /^tag:yaml\.org,2002:(map|seq|str|int|float|bool|null)$/.test(tag);
/** Names that a record of the schema leaves out. */
const RESERVED: readonly unknown[] = ["__proto__", "constructor", "prototype"];

/** Effect of a group on a goal: 0.2 is +20 %. */
export interface Effect {
  readonly experiment: string;
  readonly group: string;
  readonly goal: string;
  readonly lift: number;
}

/** Visitors of a site over some days, with what their groups do to them. */
export interface Scenario extends Omit<ScenarioFields, "effects"> {
  readonly name: string;
  readonly effects: readonly Effect[];
}

/**
 * Reads a scenario of this package, or a YAML file.
 *
 * @param changes values of `--effect`, which replace those of the scenario
 * @param folder of the built files
 * @throws UsageError naming the field, the value and what is allowed
 */
export function readScenario(
  named: string,
  changes: readonly string[],
  folder: URL = new URL("./", import.meta.url),
): Scenario {
  const isShipped = (SHIPPED as readonly string[]).includes(named);
  let text: string;
  try {
    text = readFileSync(isShipped ? new URL(`scenarios/${named}.yaml`, folder) : named, "utf8");
  } catch (error) {
    throw new UsageError(
      `--scenario is "${named}": allowed are ${SHIPPED.join(", ")}, or a YAML file (${(error as Error).message})`,
    );
  }
  return parseScenario(named, text, changes);
}

/** Parses the text of a scenario. Throws UsageError. */
export function parseScenario(named: string, text: string, changes: readonly string[] = []): Scenario {
  const fail = (says: string): never => {
    throw new UsageError(`--scenario ${named}: ${says}`);
  };
  if (text.length > MAX_BYTES) fail(`the file has ${text.length} characters: allowed are ${MAX_BYTES}`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: true });
  // A warning is of something that would be ignored.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem?.code === "MULTIPLE_DOCS") fail("the file has several documents, divided by ---: allowed is one");
  if (problem) fail(problem.message.split("\n")[0]?.replace(/:$/, "") ?? "it is no YAML");
  visit(document, {
    Node(place, node) {
      if (place === "key" && !isScalar(node)) fail(`a name is "${node}": allowed are texts`);
      if ("tag" in node && !isPlain(node.tag)) fail(`a value has the tag ${node.tag}: allowed are values without one`);
    },
    Scalar(place, { value }) {
      if (place === "key" && RESERVED.includes(value))
        fail(`a name is "${value}": allowed are names other than ${RESERVED.join(", ")}`);
    },
  });
  let fields: ScenarioFields;
  try {
    fields = parse(ScenarioSchema, document.toJS({ maxAliasCount: 100 }) ?? {});
  } catch (error) {
    // An alias without its anchor, or so many that they would fill the memory.
    if (!(error instanceof InvalidInput || error instanceof ReferenceError)) throw error;
    return fail(error.message);
  }
  refuseContradictions(fields, fail);
  return { ...fields, name: named, effects: effectsOf(fields, changes, fail) };
}

function refuseContradictions(
  { experiments, pages, goals, visitors }: ScenarioFields,
  fail: (says: string) => never,
): void {
  const names = Object.keys(pages);
  const requirePage = (field: string, page: string) => {
    if (!names.includes(page)) fail(`${field} is "${page}": allowed are the pages ${names.join(", ")}`);
  };
  for (const [key, { pages: on, groups, unit }] of Object.entries(experiments)) {
    for (const [place, page] of on.entries()) requirePage(`experiments.${key}.pages[${place}]`, page);
    if (!isSplit(Object.values(groups).map((weight) => ({ weight })))) {
      fail(`experiments.${key}.groups is ${JSON.stringify(groups)}: allowed are ${SPLIT_ALLOWED}`);
    }
    if (unit === "account" && !visitors.login) {
      fail(`experiments.${key}.unit is "account", and nobody logs in: add visitors.login`);
    }
  }
  let starts = 0;
  for (const [page, { start, next, redirect }] of Object.entries(pages)) {
    starts += start;
    for (const other of Object.keys(next)) requirePage(`pages.${page}.next has a page, which`, other);
    const sum = Object.values(next).reduce((total, share) => total + share, 0);
    if (sum > 1 + 1e-9) fail(`pages.${page}.next adds up to ${percent(sum)}: allowed is up to 100%`);
    for (const [key, byGroup] of Object.entries(redirect)) {
      const experiment = Object.hasOwn(experiments, key) ? experiments[key] : undefined;
      if (!experiment?.pages.includes(page)) {
        fail(`pages.${page}.redirect has "${key}": allowed are experiments on this page`);
      }
      for (const [group, other] of Object.entries(byGroup)) {
        if (!Object.hasOwn(experiment?.groups ?? {}, group)) {
          fail(`pages.${page}.redirect.${key} has the group "${group}": allowed are ${groupsOf(experiment)}`);
        }
        requirePage(`pages.${page}.redirect.${key}.${group}`, other);
        if (other === page) fail(`pages.${page}.redirect.${key}.${group} is "${other}": allowed are other pages`);
      }
    }
  }
  if (Math.abs(starts - 1) > 1e-6) fail(`start of all pages adds up to ${percent(starts)}: allowed is 100%`);
  for (const [key, { page, kind, rate, value, by, delay }] of Object.entries(goals)) {
    if (OF_THE_TAG.includes(key)) fail(`goals has "${key}": allowed are events other than the tag's own`);
    requirePage(`goals.${key}.page`, page);
    if (by === "click" && kind === "value") {
      fail(`goals.${key}.by is "click" and its kind is value: a click has no amount, so allowed is track`);
    }
    if (by === "page" && (kind !== "binary" || rate !== 1 || delay)) {
      fail(`goals.${key}.by is "page", which every visitor of the page reaches at once: allowed is only its page`);
    }
    if (by === "page" && Object.keys(pages[page]?.redirect ?? {}).length > 0) {
      fail(`goals.${key}.page is "${page}", which sends visitors on: allowed with by: page are pages that stay`);
    }
    if (kind !== "count" && rate > 1)
      fail(`goals.${key}.rate is ${percent(rate)}: allowed is up to 100%, but for kind: count`);
    if ((kind === "value") !== (value !== undefined)) {
      fail(
        `goals.${key}.value is ${value ? "given" : "missing"} and its kind is ${kind}: value and kind: value go together`,
      );
    }
  }
  if (visitors.login) requirePage("visitors.login.page", visitors.login.page);
}

const groupsOf = (experiment: { groups: object } | undefined) => Object.keys(experiment?.groups ?? {}).join(", ");

function effectsOf(
  fields: ScenarioFields,
  changes: readonly string[],
  fail: (says: string) => never,
): readonly Effect[] {
  const texts =
    changes.length > 0
      ? changes.map((change) => ["--effect", change] as const)
      : Object.entries(fields.effects).map(([what, lift]) => ["effects", `${what}=${lift}`] as const);
  const effects = texts.map(([field, text]): Effect => {
    const [, experiment = "", group = "", goal = "", percents = ""] =
      /^([^.=]+)\.(.+)\.([^.=]+)=([+-]\d+(?:\.\d+)?)%$/.exec(text) ?? [];
    const refuse = (value: string, allowed: string) => fail(`${field} has ${value}: allowed ${allowed}`);
    if (experiment === "") refuse(`"${text}"`, "is experiment.group.goal=±percent%, such as checkout.B.purchase=+20%");
    const { experiments, goals } = fields;
    if (!Object.hasOwn(experiments, experiment)) {
      refuse(`the experiment "${experiment}"`, `are ${Object.keys(experiments).join(", ")}`);
    }
    if (!Object.hasOwn(experiments[experiment]?.groups ?? {}, group)) {
      refuse(`the group "${group}" of ${experiment}`, `are ${groupsOf(experiments[experiment])}`);
    }
    if (!Object.hasOwn(goals, goal)) refuse(`the goal "${goal}"`, `are ${Object.keys(goals).join(", ")}`);
    if (goals[goal]?.by === "page")
      refuse(`the goal "${goal}"`, "are goals that visitors reach: the page reports this one");
    const lift = Number(percents) / 100;
    if (lift < -1) refuse(`"${text}"`, "are changes from -100%");
    return { experiment, group, goal, lift };
  });
  for (const [place, { experiment, group, goal }] of effects.entries()) {
    const first = effects.findIndex(
      (other) => other.experiment === experiment && other.group === group && other.goal === goal,
    );
    if (first !== place) fail(`the effect of ${experiment}.${group}.${goal} is there twice: allowed is once`);
  }
  for (const [key, { rate, kind, value }] of Object.entries(fields.goals)) {
    const [field, base, most, words] =
      kind === "binary"
        ? ["rate", rate, 1, percent]
        : kind === "count"
          ? ["rate", rate, MAX_MEAN, String]
          : ["value.median", value?.median ?? 0, MAX_AMOUNT, String];
    const largest = Object.keys(fields.experiments).reduce((factor, experiment) => {
      const ofExperiment = effects.filter((effect) => effect.goal === key && effect.experiment === experiment);
      return factor * Math.max(1, ...ofExperiment.map(({ lift }) => 1 + lift));
    }, base);
    if (largest > most * (1 + 1e-9)) {
      fail(
        `the effects on ${key} make its ${field} ${words(largest)}: allowed is up to ${words(most)}, so lower goals.${key}.${field}`,
      );
    }
  }
  return effects;
}

/** Path of a page: its own, or its name. */
export function pathOf({ pages }: Scenario, page: string): string {
  return pages[page]?.path ?? `/${page}`;
}

/** Groups whose visitors a page sends to another one. */
export function redirectsOf({ pages }: Scenario): { experiment: string; group: string }[] {
  return Object.values(pages).flatMap(({ redirect }) =>
    Object.entries(redirect).flatMap(([experiment, byGroup]) =>
      Object.keys(byGroup).map((group) => ({ experiment, group })),
    ),
  );
}

/** Factor of a goal's rate (of a value: its amount) for a visitor in these groups. */
export function factorOf(
  effects: readonly Effect[],
  goal: string,
  groupOf: (experiment: string) => string | undefined,
): number {
  return effects.reduce(
    (factor, effect) =>
      effect.goal === goal && groupOf(effect.experiment) === effect.group ? factor * (1 + effect.lift) : factor,
    1,
  );
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10}%`;
}
