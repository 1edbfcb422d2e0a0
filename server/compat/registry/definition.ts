import * as v from "valibot";
import type { Definition, Experiment } from "../../../core/experiment.ts";
import { hasGroup } from "../../../core/group.ts";
import { InvalidInput, parse } from "../../../core/parse.ts";

const Allocation = v.pipe(v.number("a number ≥ 0"), v.finite("a number ≥ 0"), v.minValue(0, "a number ≥ 0"));

const VariantSchema = v.strictObject(
  {
    variant_key: v.string("the group's name"),
    label: v.exactOptional(v.nullable(v.string("text"))),
    allocation: Allocation,
    is_control: v.exactOptional(v.boolean("true or false"), false),
  },
  "a variant {variant_key, label, allocation, is_control}",
);

const DefinitionSchema = v.strictObject(
  {
    experiment_key: v.exactOptional(v.string("the key in the address")),
    name: v.exactOptional(v.string("text")),
    description: v.exactOptional(v.nullable(v.string("text"))),
    cookie_name: v.exactOptional(v.nullable(v.string("a cookie's name, or null"))),
    enabled: v.boolean("true or false"),
    eligible_routes: v.exactOptional(v.array(v.string("a path"), "a list of paths"), []),
    variants: v.pipe(v.array(VariantSchema, "a list of variants"), v.minLength(2, "at least 2 variants")),
  },
  "a definition {name, description, cookie_name, enabled, eligible_routes, variants}",
);

/** An experiment as the registry's admin sends it. */
export interface Wanted {
  readonly enabled: boolean;
  readonly definition: Partial<Definition> & Pick<Definition, "groups">;
}

/** The goals counted by the registry, the conversion first. */
const REGISTRY_GOALS: Definition["goals"] = [
  { event: "conversion", kind: "binary" },
  { event: "cta_click", kind: "count" },
  { event: "form_start", kind: "count" },
  { event: "form_submit", kind: "count" },
];

/** An experiment in the registry's terms, its control first. */
export function listedOf({ key, title, description, state, routes, groups, control, external }: Experiment) {
  const controlFirst = [...groups].sort((a, b) => Number(b.name === control) - Number(a.name === control));
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  const isShare = external?.allocation === "share";
  return {
    experiment_key: key,
    name: title,
    description,
    cookie_name: external?.cookieName ?? null,
    enabled: state !== "inactive",
    eligible_routes: routes,
    variants: controlFirst.map(({ name, label, weight }) => ({
      variant_key: name,
      label: label ?? name,
      allocation: isShare ? Number((weight / total).toFixed(MAX_DECIMALS)) : weight,
      is_control: name === control,
    })),
  };
}

/** Allocations with more decimals are rounded. */
const MAX_DECIMALS = 6;

/**
 * Reads a definition as it is listed. Fractions become whole weights of the same shares. Throws
 * InvalidInput.
 */
export function readDefinition(input: unknown, key: string, before: Experiment | undefined): Wanted {
  const given = parse(DefinitionSchema, input);
  if (given.experiment_key !== undefined && given.experiment_key !== key) {
    const allowed = `${JSON.stringify(key)}, the key in the address`;
    throw new InvalidInput([{ field: "experiment_key", value: given.experiment_key, allowed }]);
  }
  const isShare = given.variants.some(({ allocation }) => !Number.isInteger(allocation));
  const scale = isShare ? 10 ** MAX_DECIMALS : 1;
  const groups = given.variants.map(({ variant_key: name, label, allocation }) => ({
    // Keep HTML, payload and number, which the registry does not define.
    ...before?.groups.find((group) => group.name === name),
    name,
    weight: Math.round(allocation * scale),
    ...(label === undefined || label === null || label === name ? {} : { label }),
  }));
  const control = given.variants.find(({ is_control }) => is_control)?.variant_key ?? groups[0]?.name ?? "";
  const { allocation: _, cookieName, ...external } = before?.external ?? {};
  const cookie = given.cookie_name === undefined ? cookieName : given.cookie_name;
  const kept = {
    ...external,
    ...(cookie === undefined || cookie === null ? {} : { cookieName: cookie }),
    ...(isShare ? { allocation: "share" } : {}),
  };
  return {
    enabled: given.enabled,
    definition: {
      groups,
      control,
      fallback: before && hasGroup(groups, before.fallback) ? before.fallback : control,
      routes: given.eligible_routes,
      ...(given.name === undefined ? {} : { title: given.name }),
      ...(given.description === undefined ? {} : { description: given.description ?? "" }),
      ...(before ? {} : { goals: REGISTRY_GOALS }),
      external: Object.keys(kept).length === 0 ? null : kept,
    },
  };
}
