import type { Experiment } from "../../../core/experiment.ts";

/** The element that a page has for an experiment. Groups that say their HTML themselves have no template in it. */
export function placeholderCode({ key, groups, goals }: Pick<Experiment, "key" | "groups" | "goals">): string {
  const event = attribute(goals[0]?.event ?? "button_click");
  const templates = groups
    .filter(({ html }) => html === undefined)
    .map(({ name }) => {
      const button = `<button data-exp-click="${event}">${text(name)}</button>`;
      return `  <template data-group="${attribute(name)}">${button}</template>\n`;
    });
  return `<div data-exp="${key}">\n  What everyone sees until it is decided\n${templates.join("")}</div>`;
}

function text(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function attribute(value: string): string {
  return text(value).replaceAll('"', "&quot;");
}
