import { isRecord } from "../../../core/event-fields.ts";
import type { Experiment } from "../../../core/experiment.ts";
import { hasGroup } from "../../../core/group.ts";
import type { Registry } from "../../registry/registry.ts";
import type { StickyGroups } from "../../sticky/sticky-groups.ts";
import type { OwnId } from "../../tokens/own-ids.ts";
import { epochOf } from "../projection/exposure.ts";
import type { NewEvent } from "../projection/store.ts";

interface Deps {
  readonly registry: Pick<Registry, "get">;
  readonly sticky: StickyGroups;
  readonly ownId: OwnId;
}

/** Sent for every evaluated flag; it is not an exposure. */
const IGNORED = ["Feature Evaluated"];

/**
 * Converts an event of GrowthBook's tracking plugin; null for one without a meaning here.
 * "Experiment Viewed" is the exposure: it has no ID, so one is made of experiment, unit and group.
 */
export function eventOf({ registry, sticky, ownId }: Deps, input: unknown): NewEvent | null {
  if (!isRecord(input) || typeof input.event_name !== "string" || IGNORED.includes(input.event_name)) return null;
  const properties = isRecord(input.properties_json) ? input.properties_json : {};
  const context = isRecord(input.context_json) ? input.context_json : {};
  const device = text(input.device_id) ?? text(context.deviceId) ?? text(context.id);
  const account = text(context.accountId) ?? text(context.account_id) ?? text(input.user_id);
  const ids = {
    ...(device === undefined ? {} : { deviceId: device }),
    ...(account === undefined ? {} : { accountId: account }),
    ...(text(input.session_id) === undefined ? {} : { session_id: input.session_id }),
  };
  const path = pathOf(input.url);
  const common = { ...ids, ...(path === undefined ? {} : { path }) };
  if (input.event_name !== "Experiment Viewed") {
    const event = input.event_name === "Page View" ? "pageview" : input.event_name;
    const { value } = properties;
    return { ...common, event, params: properties, ...(value == null ? {} : { value }) };
  }
  const experiment = registry.get(text(properties.experimentId) ?? "");
  const group = experiment && groupOf(experiment, properties.variationId);
  const unitId = text(properties.hashValue);
  // Store it as received instead of dropping it silently; it is not an exposure.
  if (!experiment || group === undefined || unitId === undefined) {
    return { ...common, event: "Experiment Viewed", params: properties };
  }
  const epoch = epochOf(experiment, unitId, group, sticky);
  return {
    id: ownId("exposure", "growthbook", experiment.key, epoch, group, unitId),
    ...common,
    ...(experiment.unit === "account" ? { accountId: unitId } : { deviceId: unitId }),
    event: "exposure",
    experiment: experiment.key,
    group,
    epoch,
  };
}

/** SDKs send the key of the result, which is the group's name, or its index. */
function groupOf({ groups }: Experiment, variation: unknown): string | undefined {
  const name = typeof variation === "number" ? String(variation) : text(variation);
  if (name === undefined || hasGroup(groups, name)) return name;
  return /^\d{1,3}$/.test(name) ? groups[Number(name)]?.name : undefined;
}

function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function pathOf(url: unknown): string | undefined {
  return typeof url === "string" && URL.canParse(url) ? new URL(url).pathname : undefined;
}
