import type { AssignedGroup } from "../core/http-contract.ts";
import { more } from "./more-loader.ts";
import { optionOf } from "./placeholders.ts";

/**
 * The variant of a group for a placeholder: the payload as text if `data-exp-text` asks for it,
 * else the group's template, else the experiment's `html`. Without a group, the template marked
 * `data-fallback`, else the first one. A template made by JSX has its children in the element, not
 * in `content`.
 *
 * @returns undefined if the page's own content is the variant, null if the variant is empty and not
 * marked `data-empty`, 0 if it needs `more`, which is not loaded
 */
export function variantOf(
  placeholder: HTMLElement,
  group: string | undefined,
  { payload, html }: Partial<AssignedGroup>,
): Node[] | undefined | null | 0 {
  if (optionOf(placeholder, "text") != null && payload != null && payload !== Object(payload))
    return [document.createTextNode(payload as string)];
  const templates = [...placeholder.querySelectorAll<HTMLTemplateElement>(":scope>template[data-group]")];
  const template =
    templates.find(({ dataset }) => (group == null ? "fallback" in dataset : dataset.group === group)) ||
    (group == null && templates[0]);
  if (!template) return html ? (more?.nodesOf(placeholder, html) ?? 0) : undefined;
  const { content } = template;
  const nodes = [...(content?.firstChild ? content : template).cloneNode(true).childNodes];
  return "empty" in template.dataset || nodes.some(isVisible) ? nodes : null;
}

/** Whether a node is an element, or text other than white space. */
export const isVisible = (node: Node) =>
  node.nodeType === 1 || (node.nodeType === 3 && /\S/.test(node.nodeValue as string));
