import type { Experiment } from "../../../core/experiment.ts";

type Tested = Pick<Experiment, "key" | "groups" | "goals" | "fallback">;

const IMAGE = /\.(?:avif|gif|jpe?g|png|svg|webp)(?:[?#].*)?$/i;
const ADDRESS = /^(?:https?:\/\/|\/)\S*$/;

/**
 * The element to paste into a page, chosen by what the experiment tests: an image or link whose
 * payloads are addresses, a text whose payloads are text, HTML of the experiment's own, or
 * templates. Groups with `html` need no template.
 */
export function placeholderCode(tested: Tested): string {
  const { key, groups } = tested;
  const payloads = groups.flatMap(({ payload }) => (typeof payload === "string" ? [payload] : []));
  const hasTexts = payloads.length === groups.length && groups.every(({ html }) => html === undefined);
  if (!hasTexts) return templates(tested);
  const shown = groups.find(({ name }) => name === tested.fallback)?.payload as string;
  if (payloads.every((payload) => ADDRESS.test(payload) && IMAGE.test(payload))) {
    return `<img data-exp="${key}" data-exp-attr="src" src="${attribute(shown)}" alt="…">`;
  }
  if (payloads.every((payload) => ADDRESS.test(payload))) {
    return `<a data-exp="${key}" data-exp-attr="href" href="${attribute(shown)}">…</a>`;
  }
  return `<span data-exp="${key}" data-exp-text>${text(shown)}</span>`;
}

function templates({ key, groups, goals }: Tested): string {
  const event = attribute(goals[0]?.event ?? "button_click");
  const lines = groups
    .filter(({ html }) => html === undefined)
    .map(({ name }) => {
      const button = `<button data-exp-click="${event}">${text(name)}</button>`;
      return `  <template data-group="${attribute(name)}">${button}</template>\n`;
    });
  return `<div data-exp="${key}">\n  What everyone sees until it is decided\n${lines.join("")}</div>`;
}

function text(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function attribute(value: string): string {
  return text(value).replaceAll('"', "&quot;");
}
