import { more } from "./more-loader.ts";
import { MARK, optionOf } from "./placeholders.ts";
import { isVisible } from "./variant.ts";

/** The variant that a placeholder shows. */
export interface Placement {
  readonly key: string;
  readonly group: string | undefined;
  /** The variant's nodes; none if the own content is the variant. */
  readonly put: readonly Node[];
  /** The own content: moved, never destroyed, because a framework may still use its nodes. */
  readonly aside: DocumentFragment;
  /** `shapeOf` the nodes aside, to detect changes by others. */
  readonly shape: string;
  /** The placeholder's text before and after. */
  readonly before: string | null;
  readonly after: string | null;
  readonly isEmpty: boolean;
  /** Time of placement in ms since 1970, and the number of recent repetitions. */
  readonly at: number;
  readonly repeats: number;
}

/** The element names of a fragment. */
export const shapeOf = ({ children }: DocumentFragment) => `${[...children].map(({ nodeName }) => nodeName)}`;

/** Replaces the placeholder's content by a variant; templates stay in place. */
export function place(
  placeholder: HTMLElement,
  key: string,
  group: string | undefined,
  variant: Node[] | undefined | null,
  aside: DocumentFragment,
): Omit<Placement, "at" | "repeats"> {
  const before = placeholder.textContent;
  let put = variant || [];
  if (variant) {
    const content = [...placeholder.childNodes].filter((node) => !(node as Element).matches?.("template[data-group]"));
    const finish = more?.prepare(placeholder, aside);
    put = more?.keep(placeholder, content, put) || put;
    const first = content.find(isVisible) || placeholder.firstChild;
    for (const node of put) placeholder.insertBefore(node, first);
    aside.replaceChildren(...content.filter((node) => !put.includes(node)));
    finish?.();
  }
  placeholder.setAttribute(MARK, group || "");
  return {
    key,
    group,
    put,
    aside,
    shape: shapeOf(aside),
    before,
    after: placeholder.textContent,
    isEmpty: variant === null,
  };
}

/**
 * Whether the variant is still there, and the page's own content has not come back. Translators
 * wrap texts in `font` elements.
 */
export const isIntact = (placeholder: HTMLElement, { put, before, after }: Placement) =>
  placeholder.hasAttribute(MARK) &&
  (placeholder.querySelector("font") ||
    (put.every((node) => node.parentNode === placeholder) &&
      (optionOf(placeholder, "text") == null
        ? before === after || placeholder.textContent !== before
        : placeholder.textContent === after)));
