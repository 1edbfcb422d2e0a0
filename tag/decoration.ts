import { optionOf } from "./placeholders.ts";

/**
 * Maximum changes per second, above the number of frames: a page that undoes each change at once
 * wins.
 */
const MAX_CHANGES = 500;

interface Decoration {
  readonly observer: MutationObserver;
  changes: number;
  since: number;
  readonly classes: Set<string>;
  /** The page's values of changed attributes, by element. */
  readonly attributes: Map<Element, Map<string, string | null>>;
}

const decorations = new WeakMap<Element, Decoration>();

/**
 * Sets a placeholder's own attributes for its group: `data-exp-class` lists the groups' classes as
 * `group:class`, `data-exp-attr` names the attribute that takes the payload. Does nothing if they
 * are already set.
 */
export function decorate(
  placeholder: HTMLElement,
  group: string | undefined,
  payload: unknown,
  again: () => void,
): void {
  const expClass = optionOf(placeholder, "class");
  const expAttr = optionOf(placeholder, "attr");
  if (expClass === null && expAttr === null) return;
  let decoration = decorations.get(placeholder);
  if (!decoration) {
    const observer = new MutationObserver(() => again());
    decoration = { classes: new Set(), attributes: new Map(), observer, changes: 0, since: 0 };
    decorations.set(placeholder, decoration);
    observer.observe(placeholder, { attributes: true });
    // A picture may get more sources.
    const picture = placeholder.closest("picture");
    if (picture) observer.observe(picture, { childList: true });
  }
  for (const name of wordsOf(group, expClass)) {
    if (placeholder.classList.contains(name) || isLooping(decoration)) continue;
    placeholder.classList.add(name);
    decoration.classes.add(name);
  }
  if (expAttr && payload != null && payload !== Object(payload)) {
    set(decoration, placeholder, expAttr, String(payload));
    // Otherwise the browser would choose another image than the variant's.
    if (expAttr === "src" && placeholder.matches("img")) {
      const siblings = placeholder.parentElement?.matches("picture") ? placeholder.parentElement.children : [];
      for (const image of [placeholder, ...siblings].filter((each) => each.matches("img,source")))
        set(decoration, image, "srcset", null);
    }
  }
}

/** Undoes `decorate`. */
export function undecorate(placeholder: Element): void {
  const { classes, attributes, observer } = decorations.get(placeholder) ?? {};
  observer?.disconnect();
  decorations.delete(placeholder);
  placeholder.classList.remove(...(classes ?? []));
  for (const [element, before] of attributes ?? []) for (const [name, value] of before) write(element, name, value);
}

function set(decoration: Decoration, element: Element, name: string, value: string | null): void {
  const { attributes } = decoration;
  const now = element.getAttribute(name);
  if (now === value || isLooping(decoration)) return;
  const before = attributes.get(element) ?? new Map<string, string | null>();
  attributes.set(element, before.set(name, now));
  write(element, name, value);
}

function isLooping(decoration: Decoration): boolean {
  const now = performance.now();
  if (now - decoration.since > 1000) {
    decoration.since = now;
    decoration.changes = 0;
  }
  return decoration.changes++ >= MAX_CHANGES;
}

function write(element: Element, name: string, value: string | null): void {
  if (value == null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

/** The words of a group in a list of `group:word`. Group names may contain spaces and colons. */
function wordsOf(group: string | undefined, list: string | null): string[] {
  if (!group || !list) return [];
  const name = group.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return [...list.matchAll(new RegExp(`(?:^|\\s)${name}:(\\S+)`, "gu"))].map(([, word]) => word as string);
}
