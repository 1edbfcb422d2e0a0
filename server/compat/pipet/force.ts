import type { Experiment } from "../../../core/experiment.ts";
import { groupValue } from "../../../core/group.ts";
import { type ByKey, numberedName } from "./numbered-name.ts";
import { isPayloadType, type ProctorPayload } from "./payload.ts";

/** Groups of a `prforceGroups` text. */
export interface ForcedGroups {
  /** Forced groups by experiment key. */
  readonly groups: ReadonlyMap<string, Forced>;
  /** Groups of tests without a forced one: their own, the fallback, or their lowest live group. */
  readonly others: "own" | "fallback" | "min_live";
}

export interface Forced {
  readonly group: string;
  /** −1 for the fallback of an inactive test. */
  readonly value: number;
  readonly payload?: ProctorPayload;
}

const STRING = String.raw`"(?:\\.|[^"\\])*"`;
const SCALAR = String.raw`(?:${STRING}|-?\d+(?:\.\d+)?)`;
const LIST = String.raw`\[(?:\s*${SCALAR}(?:\s*,\s*${SCALAR})*)?\s*\]`;
const MAP = String.raw`\{(?:\s*${STRING}\s*:\s*(?:${SCALAR}|${LIST})(?:\s*,\s*${STRING}\s*:\s*(?:${SCALAR}|${LIST}))*)?\s*\}`;
/** A token begins with a whole name, for linear time, and ends at a comma outside a payload. */
const TOKEN = new RegExp(
  String.raw`(?<![\w-])(?:([\w-]*\d)(?:;(\w+):(${SCALAR}|${LIST}|${MAP}))?(?=\s*(?:,|$))|([A-Za-z_]+)(?=\s*(?:,|$)))`,
  "g",
);

const NOTHING: ForcedGroups = { groups: new Map(), others: "own" };

/**
 * Parses `name1,name-1,name2;stringValue:"x",default_to_fallback`; a later entry wins. Names may
 * end in a digit or hold `-`, so they are matched with existing keys. Entries of unknown names and
 * values are ignored, as Proctor does.
 */
export function parseForce(text: string, experimentOf: ByKey): ForcedGroups {
  if (text === "") return NOTHING;
  const groups = new Map<string, Forced>();
  let others: ForcedGroups["others"] = "own";
  for (const [, named, type, payload, mode] of text.matchAll(TOKEN)) {
    if (mode !== undefined) {
      if (/^default_to_fallback$/i.test(mode)) others = "fallback";
      else if (/^default_to_min_live$/i.test(mode)) others = "min_live";
      continue;
    }
    const found = named === undefined ? null : numberedName(named, experimentOf);
    if (!found) continue;
    const { experiment, group, value } = found;
    const own = payload !== undefined && isPayloadType(type) ? payloadOf(type, payload) : {};
    if (own !== null) groups.set(experiment.key, { group, value, ...own });
  }
  return { groups, others };
}

/** Null for a text such as `01`, which is no JSON. */
function payloadOf(type: string, text: string): Pick<Forced, "payload"> | null {
  try {
    return { payload: { [type]: JSON.parse(text) } };
  } catch {
    return null;
  }
}

/** The group of the lowest number that has weight. */
export function minLiveGroup(experiment: Experiment): Forced | null {
  const live = experiment.groups
    .filter(({ weight }) => weight > 0)
    .map(({ name }) => ({ group: name, value: groupValue(experiment, name) }))
    .sort((a, b) => a.value - b.value);
  return live[0] ?? null;
}
