import { isKept } from "./hydration.ts";
import { keep } from "./in-place.ts";
import { real } from "./ownership.ts";
import { MARK, optionOf } from "./placeholders.ts";
import { prepare } from "./prepare.ts";
import { contentOf, isVisible, templatesOf } from "./variant.ts";
import { insertWithWrites } from "./written-text.ts";

/** The variant that a placeholder shows. */
export interface Placement {
  readonly key: string;
  readonly group: string | undefined;
  /** The variant's nodes; none if the own content is the variant. */
  readonly put: readonly Node[];
  /** The own content: moved, never destroyed, because a framework may still use its nodes. */
  readonly aside: DocumentFragment;
  /** The nodes that were moved aside, to detect changes by others. */
  content: readonly Node[];
}

/** A placement by the other part of the tag, or one of the first part that it has adopted. */
export interface Rendered extends Placement {
  /** The placeholder's text before and after. */
  before: string;
  readonly after: string;
  readonly isEmpty: boolean;
  /** The placeholder's templates. The page makes others if it writes the placeholder anew. */
  readonly templates: readonly Node[];
  /**
   * Time of placement in ms since 1970, and the number of recent repetitions; 0 if the first part
   * placed it.
   */
  readonly at: number;
  readonly repeats: number;
}

/** True for a drawing, and for an empty element that a library of icons may replace by one. */
const isIcon = ({ nodeName, firstChild }: Node) => nodeName === "svg" || (!firstChild && /^(I|SPAN)$/.test(nodeName));

/** The names of elements, but for icons. */
export const shapeOf = (nodes: Iterable<Node>) =>
  `${[...nodes].flatMap((node) => (node.nodeType !== 1 || isIcon(node) ? [] : node.nodeName))}`;

const markupOf = (nodes: Iterable<Node>) =>
  [...nodes].map((node) => (node as Element).outerHTML ?? node.nodeValue).join();

/**
 * True if the page has changed its own content since it was moved aside; not if a library has only
 * wrapped it.
 */
export const isChangedAside = ({ aside, content }: Placement) =>
  shapeOf(aside.childNodes) !== shapeOf(content) &&
  (aside.childNodes.length > content.length || content.some((node) => !aside.contains(node)));

/** Replaces the placeholder's content by a variant; templates stay in place. */
export function place(
  placeholder: HTMLElement,
  key: string,
  group: string | undefined,
  variant: Node[] | undefined | null,
  aside: DocumentFragment,
): Omit<Rendered, "at" | "repeats"> {
  const before = placeholder.textContent as string;
  let put = variant || [];
  let content: readonly Node[] = [...aside.childNodes];
  if (variant) {
    const own = contentOf(placeholder);
    const finish = prepare(placeholder, aside);
    insertWithWrites(() => {
      put = keep(placeholder, own, put) || put;
      const first = own.find(isVisible) || placeholder.firstChild;
      for (const node of put) placeholder.insertBefore(node, first);
    });
    content = own.filter((node) => !put.includes(node));
    aside.replaceChildren(...content);
    finish();
  }
  placeholder.setAttribute(MARK, group || "");
  const after = placeholder.textContent as string;
  const templates = templatesOf(placeholder);
  return { key, group, put, aside, content, before, after, isEmpty: variant === null, templates };
}

/** True if nodes are in a placeholder, wherever scripts have put them there. */
export const isThere = (placeholder: Element, nodes: readonly Node[]) =>
  nodes.every((node) => placeholder.contains(node));

/**
 * True if the page has put its own content back. Its markup tells: a script may have made the same
 * text of both; and not even that if a template has the own text, as one of a control group, of
 * which scripts make the same. Frameworks give nodes that they hydrate the own text alone, and a
 * page that writes the placeholder anew may have changed its markup since.
 */
export const isBack = (placeholder: Element, { put, aside, before, after, templates }: Rendered) =>
  placeholder.textContent === before &&
  (!put[0] ||
    ((before !== after || !templates[0]) && markupOf(contentOf(placeholder)) === markupOf(aside.childNodes)) ||
    (before !== after &&
      before.trim() &&
      (contentOf(placeholder).some(isKept) || (!templates[0] && !isThere(placeholder, put)))));

/** Number of words that a text has in common with another. */
const commonWords = (text: string, other: string) => {
  const words = other.split(" ");
  return text.split(" ").filter((word) => words.includes(word)).length;
};

/**
 * Truthy while the variant is there, whatever scripts have made of it, and the own content has not
 * come back. Scripts may replace its nodes, and remove them, as long as they leave the templates
 * beside them; translators wrap texts in `font` elements.
 */
export const isIntact = (placeholder: HTMLElement, rendered: Rendered) => {
  const { put, before, after, templates } = rendered;
  const textContent = placeholder.textContent as string;
  if (!placeholder.hasAttribute(MARK)) return false;
  if (placeholder.querySelector("font font,[_mstmutation]")) return true;
  if (put[0] && optionOf(placeholder, "text") != null)
    return textContent === after || commonWords(textContent, after) > commonWords(textContent, before);
  const areThere = isThere(placeholder, put);
  if (before === after ? areThere : textContent === after) return true;
  const isPlaced = areThere || (templates[0] && templates.every((node) => real(node, "parentNode") === placeholder));
  return isPlaced && !isBack(placeholder, rendered);
};
