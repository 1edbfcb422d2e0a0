import { type Event, parseEvent } from "../../../core/event.ts";
import type { Experiment } from "../../../core/experiment.ts";
import { unitIdOf } from "../../../core/unit.ts";
import type { StickyGroups } from "../../sticky/sticky-groups.ts";
import { epochOf } from "../projection/exposure.ts";
import { idOf } from "../projection/store.ts";
import { numberedName } from "./numbered-name.ts";

interface Deps {
  readonly registry: { get(key: string): Experiment | undefined };
  readonly sticky: StickyGroups;
}

/**
 * Exposures of an event whose `groups` is the output of django-proctor's `str(proc)`, such as
 * `buttoncolortst1,countryalgotst0`: the groups that the request showed. Entries with unknown names
 * and numbers are ignored, and so are further groups of the same experiment.
 */
export function exposuresInText({ registry, sticky }: Deps, event: Event): Event[] {
  const { groups, deviceId, accountId, session_id } = event as Event & Readonly<Record<string, unknown>>;
  if (typeof groups !== "string" || groups === "" || event.event === "exposure") return [];
  const text = (id: unknown) => (typeof id === "string" ? id : null);
  const ids = { device: text(deviceId), account: text(accountId), session: text(session_id), random: () => "" };
  const seen = new Set<Experiment>();
  return groups.split(",").flatMap((entry): Event[] => {
    const found = numberedName(entry.trim(), registry.get);
    // A negative number is of a group that was not shown.
    if (!found || found.value < 0 || seen.has(found.experiment)) return [];
    seen.add(found.experiment);
    const unitId = unitIdOf(found.experiment.unit, ids);
    if (!unitId) return [];
    const { experiment, group } = found;
    return [
      parseEvent(
        {
          id: idOf("exposure", "pipet", event.id, experiment.key),
          ts: event.ts,
          ...(ids.device === null ? {} : { deviceId: ids.device }),
          ...(ids.account === null ? {} : { accountId: ids.account }),
          event: "exposure",
          source: "compat:pipet",
          experiment: experiment.key,
          group,
          epoch: epochOf(experiment, unitId, group, sticky),
        },
        { id: () => "", ts: () => event.ts, run: event.run ?? null, ...receivedAt(event) },
      ),
    ];
  });
}

function receivedAt(event: Event): { receivedAt?: string } {
  return typeof event.receivedAt === "string" ? { receivedAt: event.receivedAt } : {};
}
