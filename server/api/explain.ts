import { Hono, type Context as Request } from "hono";
import { cumulate, digest, pick, remainder } from "../../core/assign.ts";
import { slotOf } from "../../core/eligibility.ts";
import { type Context, evaluate } from "../../core/evaluate.ts";
import type { Experiment } from "../../core/experiment.ts";
import { weights } from "../../core/group.ts";
import { prepared } from "../../core/prepared.ts";
import type { RuleContext } from "../../core/rule.ts";
import { unitIdOf } from "../../core/unit.ts";
import { type Env, problem } from "../http/http.ts";
import { type PlainRequest, plainRequest } from "../http/plain-request.ts";
import { readPath, readRuleContext, readUnitIds } from "../http/visitor.ts";
import type { Registry } from "../registry/registry.ts";
import type { StickyGroups } from "../sticky/sticky-groups.ts";
import { sha256 } from "../tokens/sha256.ts";

/**
 * `GET /api/admin/explain?device_id=&experiment=`: why a device gets its group, step by step, so
 * that it can be recomputed. It takes the parameters of `GET /api/expgroups` (`path`, `account_id`,
 * `session_id`, `ctx.NAME`), and `language` and `user_agent` for the visitor's instead of the
 * admin's own. Nothing is recorded.
 */
export function explainRoutes({ registry, sticky }: { registry: Registry; sticky: StickyGroups }) {
  return new Hono<Env>().get("/api/admin/explain", (c) => {
    const { device_id: deviceId = "", experiment: key = "" } = c.req.query();
    if (deviceId === "" || key === "") {
      return problem(
        400,
        "Bad Request",
        "device_id and experiment are needed: allowed are an id and an experiment's key",
      );
    }
    const experiment = registry.get(key);
    if (!experiment) return problem(404, "Not Found", `there is no experiment ${JSON.stringify(key)}`);
    const request = plainRequest(c);
    const ids = readUnitIds(request);
    const unitId = unitIdOf(experiment.unit, ids);
    const asked = { path: readPath(request) ?? "", ...readVisitor(c, request) };
    const context: Context = {
      ...asked,
      settings: registry.settings(),
      experiments: registry,
      sticky,
    };
    const { group, reason, epoch } = evaluate(experiment, unitId, context, sha256);
    const { state, unit } = experiment;
    const hashing = unitId === null ? null : hashingOf(experiment, unitId, asked);
    return c.json({ experiment: key, state, deviceId, unit, unitId, group, reason, epoch, ...hashing });
  });
}

function readVisitor(c: Request<Env>, request: PlainRequest): Omit<RuleContext, "path"> {
  const { language, user_agent: userAgent } = c.req.query();
  const visitor = readRuleContext(request);
  return { ...visitor, language: language ?? visitor.language, userAgent: userAgent ?? visitor.userAgent };
}

/**
 * The hash's decision alone: by the groups' weights, or by those of the first allocation whose rule
 * holds.
 */
function hashingOf(experiment: Experiment, unitId: string, asked: RuleContext) {
  const { key, salt, groups, layer } = experiment;
  const { allocations } = prepared(experiment);
  const chosen = experiment.allocations[allocations.findIndex(({ holds }) => holds(asked))];
  const split = weights({ groups: chosen?.weights ?? groups });
  const { total, steps } = cumulate(split);
  const digestHex = digest(unitId, salt ?? key, sha256);
  const rest = remainder(digestHex, total);
  const slot = layer && slotOf(unitId, layer.name, sha256);
  return {
    hashed: `${unitId}:${salt ?? key}`,
    hash: digestHex,
    total,
    remainder: rest,
    allocation: chosen?.id ?? null,
    /**
     * Groups in the order of the algorithm; a group has the remainders from `from` to below `upTo`.
     */
    table: steps.map(([group, upTo], index) => {
      const from = steps[index - 1]?.[1] ?? 0;
      return { group, weight: upTo - from, from, upTo };
    }),
    byHash: pick({ total, steps }, rest),
    layer: layer && { ...layer, slot, isIn: slot !== null && slot >= layer.from && slot < layer.to },
  };
}
