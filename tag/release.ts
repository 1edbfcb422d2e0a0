import { undecorate } from "./decoration.ts";
import { isKept, isToWait } from "./hydration.ts";
import { unkeep } from "./in-place.ts";
import { real } from "./ownership.ts";
import { MARK, optionOf } from "./placeholders.ts";
import { isBack, isChangedAside, isIntact, isThere, type Rendered, shapeOf } from "./placement.ts";
import { remember } from "./remember.ts";
import { contentOf, isVisible, templatesOf } from "./variant.ts";

/** Time in which a framework makes its content in steps: shorter than that until an exposure. */
const SETTLE_MS = 30;

/** The own content of placeholders whose page has changed it since. */
const originals = new WeakMap<Element, string>();

/**
 * Removes a variant if the placeholder now has another experiment or group, or if the page has
 * replaced its own content, which is then shown. Returns whether it did.
 */
export function release(placeholder: HTMLElement, placement: Rendered | undefined, isOther: unknown): boolean {
  if (!placement) return false;
  const isPages = isChangedAside(placement) || isAddedTo(placeholder, placement);
  if (!isOther && !isPages) return false;
  if (!isOther && isChangedAside(placement) && Date.now() - placement.at < SETTLE_MS) {
    settle(placement);
    return false;
  }
  if (isPages && !isOther) originals.set(placeholder, shapeOf(placement.content));
  else originals.delete(placeholder);
  withdraw(placeholder, placement, isPages);
  return true;
}

/** Takes the own content as it is now for the original: it was still being made. */
function settle(placement: Rendered): void {
  placement.content = [...placement.aside.childNodes];
  placement.before = placement.aside.textContent as string;
}

/**
 * True if a framework has added nodes beside the variant's, unaware that its content was moved
 * aside. In the place of them it may be a part of the variant that a script makes, such as Vue 2's.
 */
function isAddedTo(placeholder: Element, { put }: Rendered): boolean {
  return (
    put.length > 0 &&
    isThere(placeholder, put) &&
    contentOf(placeholder).some((node) => node.nodeType === 1 && !put.includes(node) && isKept(node))
  );
}

/**
 * True for a placeholder that must not be changed: not yet, or because the page has changed the
 * shown content itself.
 */
export function holds(placeholder: HTMLElement, placement: Rendered | undefined, again: () => void): boolean {
  const content = contentOf(placeholder);
  const original = originals.get(placeholder);
  if (original != null) {
    if (shapeOf(content) !== original) return true;
    originals.delete(placeholder);
  }
  if (!placement) return isToWait(placeholder, again);
  if (optionOf(placeholder, "text") != null || templatesOf(placeholder)[0]) return false;
  // The own content came back, or other content came. A morph to the own markup removes the mark.
  return (
    !isBack(placeholder, placement) &&
    (placeholder.hasAttribute(MARK) || shapeOf(content) !== shapeOf(placement.content))
  );
}

/** Restores the placeholder's own content, unless the page has replaced it. */
function withdraw(placeholder: HTMLElement, placement: Rendered, isPages: boolean): void {
  const { put, aside, after } = placement;
  const finish = remember(placeholder);
  const there = put.filter((node) => real(node, "parentNode") === placeholder);
  const now = contentOf(placeholder);
  const isText = put.length === 1 && put[0]?.nodeType === 3;
  // Where the variant was taken away, nothing visible is left.
  const isRewritten = put[0] && (there[0] ? isText && placeholder.textContent !== after : now.some(isVisible));
  const isOurs = isIntact(placeholder, placement);
  if ((!isRewritten || isOurs) && !unkeep(placeholder)) {
    // Others' nodes in the place of the variant's go with it.
    const gone = isOurs && !isPages && there.length < put.length ? now : there;
    placeholder.insertBefore(aside, there[0] ?? placeholder.firstChild);
    for (const node of gone) placeholder.removeChild(node);
  }
  placeholder.removeAttribute(MARK);
  undecorate(placeholder);
  finish();
}
