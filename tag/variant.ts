import type { AssignedGroup } from "../core/http-contract.ts";

/**
 * Shows a group's template in a placeholder: the placeholder's templates stay in it, and all else is replaced. Without a
 * template for the group, the page's own content stays. Who has no group gets the template marked `data-fallback`, else the
 * first.
 */
export function showVariant(placeholder: HTMLElement, assigned: AssignedGroup | undefined): void {
  const wanted = assigned?.group || assigned?.fallback;
  const templates = [...placeholder.querySelectorAll<HTMLTemplateElement>(":scope > template[data-group]")];
  const template =
    typeof wanted !== "string"
      ? (templates.find(({ dataset }) => "fallback" in dataset) ?? templates[0])
      : templates.find(({ dataset }) => dataset.group === wanted);
  if (template) placeholder.replaceChildren(...templates, template.content.cloneNode(true));
}
