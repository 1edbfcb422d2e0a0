import { optionOf } from "./placeholders.ts";
import { contentOf, isVisible } from "./variant.ts";

/** The content of placeholders before they were changed in place. */
const before = new WeakMap<Element, Node[]>();

/**
 * Changes a placeholder's content into the variant node by node, if `data-exp-keep` asks for it:
 * nodes with the same position and name stay, with the page's listeners.
 *
 * @param content the placeholder's own content
 * @returns the new content, or undefined if not asked for
 */
export function keep(placeholder: HTMLElement, content: readonly Node[], variant: readonly Node[]): Node[] | undefined {
  if (optionOf(placeholder, "keep") == null) return;
  if (!before.has(placeholder))
    before.set(
      placeholder,
      content.map((node) => node.cloneNode(true)),
    );
  turn(placeholder, content, variant);
  return contentOf(placeholder);
}

/** Restores the content. Returns whether it had been changed in place. */
export function unkeep(placeholder: Element): boolean {
  const content = before.get(placeholder);
  if (!content) return false;
  before.delete(placeholder);
  const now = contentOf(placeholder);
  turn(placeholder, now, content);
  return true;
}

function turn(parent: Node, from: readonly Node[], to: readonly Node[]): void {
  const old = from.filter(isVisible);
  const end = from.at(-1)?.nextSibling ?? (from.length > 0 ? null : parent.firstChild);
  for (const node of to.filter(isVisible)) {
    const kept = old.shift();
    if (!kept) parent.insertBefore(node, end);
    else if (kept.nodeName !== node.nodeName) parent.replaceChild(node, kept);
    else if (kept.nodeType === 1) turnElement(kept as Element, node as Element);
    else kept.nodeValue = node.nodeValue;
  }
  for (const node of old) parent.removeChild(node);
}

function turnElement(element: Element, wanted: Element): void {
  for (const { name } of [...element.attributes]) if (!wanted.hasAttribute(name)) element.removeAttribute(name);
  for (const { name, value } of wanted.attributes)
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  turn(element, [...element.childNodes], [...wanted.childNodes]);
}
