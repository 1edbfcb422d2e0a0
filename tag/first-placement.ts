import type { AssignedGroup } from "../core/http-contract.ts";
import { MARK } from "./placeholders.ts";
import type { Placement } from "./placement.ts";
import { isTemplate, isText, templateOf, templatesOf } from "./variant.ts";

/**
 * Replaces the placeholder's content by its group's text or template, see `variantOf`. Returns
 * undefined if that needs the other part: for `html`, templates made by JSX, empty ones, and those
 * with scripts, which may write to the document.
 */
export function placeFirst(
  placeholder: HTMLElement,
  key: string,
  { group: own, fallback, payload, html }: Partial<AssignedGroup>,
): Placement | undefined {
  const named = own || fallback;
  // Accept only strings: a broken server may answer anything.
  const group = named?.trim && named;
  const aside = new DocumentFragment();
  let content: Node[] = [];
  let put: Node[] = [];
  const templates = templatesOf(placeholder);
  const template = templateOf(templates, group);
  if (isText(placeholder, payload)) put = [document.createTextNode(payload as string)];
  else if (template) {
    const variant = template.content.cloneNode(true) as DocumentFragment;
    const isEmpty = !variant.children[0] && !(variant.textContent as string).trim();
    if (isEmpty || variant.querySelector("script")) return;
    put = [...variant.childNodes];
  } else if (html) return;
  if (put[0]) {
    content = [...placeholder.childNodes].filter((node) => !isTemplate(node));
    const first = content.find((node) => (node as Element).children) || placeholder.firstChild;
    for (const node of put) placeholder.insertBefore(node, first);
    aside.append(...content);
  }
  placeholder.setAttribute(MARK, group || "");
  return { key, group, put, aside, content };
}
