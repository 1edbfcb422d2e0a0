import { keep } from "./in-place.ts";
import { MARK, optionOf } from "./placeholders.ts";
import { prepare } from "./prepare.ts";
import { contentOf, isVisible } from "./variant.ts";

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
  before: string | null;
  readonly after: string | null;
  readonly isEmpty: boolean;
  /**
   * Time of placement in ms since 1970, and the number of recent repetitions; 0 if the first part
   * placed it.
   */
  readonly at: number;
  readonly repeats: number;
}

/** The element names of nodes. */
export const shapeOf = (nodes: Iterable<Node>) =>
  `${[...nodes].filter(({ nodeType }) => nodeType === 1).map(({ nodeName }) => nodeName)}`;

/** True if the page has changed its own content since it was moved aside. */
export const isChangedAside = ({ aside, content }: Placement) => shapeOf(aside.childNodes) !== shapeOf(content);

/** Replaces the placeholder's content by a variant; templates stay in place. */
export function place(
  placeholder: HTMLElement,
  key: string,
  group: string | undefined,
  variant: Node[] | undefined | null,
  aside: DocumentFragment,
): Omit<Rendered, "at" | "repeats"> {
  const before = placeholder.textContent;
  let put = variant || [];
  let content: readonly Node[] = [...aside.childNodes];
  if (variant) {
    const own = contentOf(placeholder);
    const finish = prepare(placeholder, aside);
    put = keep(placeholder, own, put) || put;
    const first = own.find(isVisible) || placeholder.firstChild;
    for (const node of put) placeholder.insertBefore(node, first);
    content = own.filter((node) => !put.includes(node));
    aside.replaceChildren(...content);
    finish();
  }
  placeholder.setAttribute(MARK, group || "");
  return { key, group, put, aside, content, before, after: placeholder.textContent, isEmpty: variant === null };
}

/**
 * Truthy while the variant is there, and the page's own content has not come back. Scripts may wrap
 * its nodes, or make others with the same text; translators wrap texts in `font` elements.
 */
export const isIntact = (placeholder: HTMLElement, { put, before, after }: Rendered) => {
  const { textContent } = placeholder;
  const isText = optionOf(placeholder, "text") != null;
  return (
    placeholder.hasAttribute(MARK) &&
    (placeholder.querySelector("font font,[_mstmutation]") ||
      (textContent === after && (isText || before !== after)) ||
      (!isText && put.every((node) => placeholder.contains(node)) && (before === after || textContent !== before)))
  );
};
