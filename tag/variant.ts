import type { AssignedGroup } from "../core/http-contract.ts";
import { nodesOf } from "./html.ts";

/** True for a template of a group, in a placeholder. */
export const isTemplate = (node: Node) =>
  (node as Element).localName === "template" && (node as HTMLElement).dataset.group != null;

/** A placeholder's own templates. Avoid `children`, which a form's field may hide. */
export const templatesOf = (placeholder: Element): Node[] => [...placeholder.childNodes].filter(isTemplate);

/** The template of a group; without a group, the one marked `data-fallback`, else the first one. */
export const templateOf = (templates: readonly Node[], group: string | undefined) =>
  ((templates as HTMLTemplateElement[]).find(({ dataset }) =>
    group ? dataset.group === group : "fallback" in dataset,
  ) ||
    (!group && templates[0])) as HTMLTemplateElement | undefined;

/** True if a placeholder takes a payload as its text. */
export const isText = (placeholder: Element, payload: unknown) =>
  placeholder.hasAttribute("data-exp-text") && payload != null && payload !== Object(payload);

/** A placeholder's content without its templates. */
export const contentOf = (placeholder: Element) => [...placeholder.childNodes].filter((node) => !isTemplate(node));

/** True for elements, and for text other than white space. */
export const isVisible = (node: Node) =>
  node.nodeType === 1 || (node.nodeType === 3 && /\S/.test(node.nodeValue as string));

const hasMovedTemplates = (placeholder: Element) =>
  [...placeholder.querySelectorAll("template[data-group]")].some((each) => each.closest("[data-exp]") === placeholder);

/**
 * The variant of a group for a placeholder: the payload as text if `data-exp-text` asks for it,
 * else the group's template, else the experiment's `html`. A template made by JSX has its children
 * in the element, not in `content`.
 *
 * @returns undefined if the page's own content is the variant, null if the variant is empty and not
 * marked `data-empty`
 */
export function variantOf(
  placeholder: HTMLElement,
  group: string | undefined,
  { payload, html }: Partial<AssignedGroup>,
): Node[] | undefined | null {
  if (isText(placeholder, payload)) return [document.createTextNode(payload as string)];
  const template = templateOf(templatesOf(placeholder), group);
  if (!template) {
    // A carousel has moved the templates among its slides: the page's own content cannot be theirs.
    const isMoved = !templatesOf(placeholder)[0] && hasMovedTemplates(placeholder);
    return isMoved ? null : html ? nodesOf(placeholder, html) : undefined;
  }
  const { content } = template;
  const nodes = [...(content?.firstChild ? content : template).cloneNode(true).childNodes];
  return "empty" in template.dataset || nodes.some(isVisible) ? nodes : null;
}
