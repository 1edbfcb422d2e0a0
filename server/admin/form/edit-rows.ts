import { MAX_GROUPS } from "../../../core/group.ts";
import type { ExperimentForm } from "./fields.ts";
import { NEW_GOAL } from "./goal-fields.ts";

/** The form after a button's action, and the name of the field to focus. */
export interface Edited {
  readonly form: ExperimentForm;
  readonly focus: string;
}

/**
 * Applies the button of a list, such as `add-group` or `remove-goal:1`; null for any other action.
 */
export function editRows(form: ExperimentForm, action: string): Edited | null {
  const [word, place = Number.NaN] = readAction(action);
  const { groups, goals, allocations } = form;
  switch (word) {
    case "add-group":
      if (groups.length >= MAX_GROUPS) return { form, focus: "add-group" };
      return { form: addGroup(form), focus: `groups[${groups.length}].name` };
    case "remove-group":
      return { form: removeGroup(form, place), focus: "add-group" };
    case "add-goal": {
      return { form: { ...form, goals: [...goals, NEW_GOAL] }, focus: `goals[${goals.length}].event` };
    }
    case "remove-goal":
      return { form: { ...form, goals: without(goals, place) }, focus: "add-goal" };
    case "add-weights": {
      const allocation = { id: "", rule: "", weights: groups.map(({ weight }) => weight) };
      return {
        form: { ...form, allocations: [...allocations, allocation] },
        focus: `allocations[${allocations.length}].id`,
      };
    }
    case "remove-weights":
      return { form: { ...form, allocations: without(allocations, place) }, focus: "add-weights" };
    default:
      return null;
  }
}

function readAction(action: string): [word: string, place?: number] {
  const [, word, place] = /^([a-z-]+)(?::(\d{1,3}))?$/.exec(action) ?? [];
  return place === undefined ? [word ?? ""] : [word ?? "", Number(place)];
}

/** Adds a group with the weight of the last one, named by the next free letter. */
function addGroup(form: ExperimentForm): ExperimentForm {
  const { groups, allocations } = form;
  const letters = Array.from({ length: 26 }, (_, place) => String.fromCodePoint(65 + place));
  const name = letters.find((letter) => !groups.some((group) => group.name === letter)) ?? "";
  const group = { name, weight: groups.at(-1)?.weight ?? "", label: "", value: "", html: "", payload: "" };
  return {
    ...form,
    groups: [...groups, group],
    allocations: allocations.map((allocation) => ({ ...allocation, weights: [...allocation.weights, "0"] })),
  };
}

function removeGroup(form: ExperimentForm, place: number): ExperimentForm {
  const { groups, allocations, control, fallback } = form;
  if (!groups[place]) return form;
  // References to the removed group are cleared.
  const moved = (other: number) => (other === place ? -1 : other > place ? other - 1 : other);
  return {
    ...form,
    groups: without(groups, place),
    control: moved(control),
    fallback: moved(fallback),
    allocations: allocations.map((allocation) => ({ ...allocation, weights: without(allocation.weights, place) })),
  };
}

function without<Row>(rows: readonly Row[], place: number): Row[] {
  return rows.filter((_, other) => other !== place);
}
