import { Hono } from "hono";
import type { Definition, Experiment } from "../../core/experiment.ts";
import { hasGroup } from "../../core/group.ts";
import { impact, splitOf } from "../../core/impact.ts";
import { InvalidInput } from "../../core/parse.ts";
import { type Change, transition } from "../../core/transition.ts";
import { authorOf } from "../auth/author.ts";
import { type Env, problem } from "../http/http.ts";
import { readJson } from "../http/json-body.ts";
import type { Registry } from "../registry/registry.ts";
import { readChange } from "./experiment-input.ts";

/**
 * `POST /api/admin/experiments/:key/impact`: the effect of a change before it is made. The body is
 * that of a PUT, or `{weights: {group: weight}}` alone. Nothing is changed.
 */
export function impactRoutes({ registry }: { registry: Registry }) {
  return new Hono<Env>().post("/api/admin/experiments/:key/impact", async (c) => {
    const key = c.req.param("key");
    const before = registry.get(key);
    if (!before) return problem(404, "Not Found", `there is no experiment ${JSON.stringify(key)}`);
    const { by, now } = authorOf(c);
    const after = transition(before, { ...readProposal(await readJson(c), before), by }, now);
    return c.json({
      ...impact(splitOf(before), splitOf(after)),
      opensEpoch: after.epoch !== before.epoch,
      sticky: after.sticky,
    });
  });
}

function readProposal(input: unknown, before: Experiment): Omit<Change, "by"> {
  if (typeof input !== "object" || input === null || !("weights" in input)) return readChange(input, before);
  const { weights, ...rest } = input;
  const problemOf = (value: unknown, allowed: string, name?: string) =>
    name === undefined
      ? { field: "weights", value, allowed }
      : { field: `weights.${name}`, path: ["weights", name], value, allowed };
  if (typeof weights !== "object" || weights === null || Array.isArray(weights)) {
    throw new InvalidInput([problemOf(weights, "an object {group: weight}")]);
  }
  const proposed = new Map<string, unknown>(Object.entries(weights));
  const unknown = [...proposed].filter(([name]) => !hasGroup(before.groups, name));
  if (unknown.length > 0) {
    const allowed = `no such group: there are ${before.groups.map(({ name }) => name).join(", ")}`;
    throw new InvalidInput(unknown.map(([name, value]) => problemOf(value, allowed, name)));
  }
  const groups = before.groups.map((group) => ({ ...group, weight: proposed.get(group.name) ?? group.weight }));
  const change = readChange(rest, before);
  return { ...change, definition: { ...change.definition, groups: groups as Definition["groups"] } };
}
