import { compileSelector, type Selector, type Tree } from "./selectors.ts";

type HappyDom = typeof import("happy-dom");
/** A node as happy-dom keeps it. */
type Kept = Record<symbol, unknown> & { readonly nodeType: number };

const ELEMENT = 1;
const DOCUMENT = 9;
const done = new WeakSet<object>();

/**
 * Answers simple selectors without happy-dom's memory of queries: the tag asks after each change of
 * the page, and to keep that memory takes longer than to look again.
 */
export function quickenQueries(happyDom: HappyDom): void {
  const { PropertySymbol: symbols, Document, DocumentFragment, Element } = happyDom;
  if (done.has(Element)) return;
  done.add(Element);

  const tree: Tree<Kept> = {
    parentOf(element) {
      const parent = element[symbols.parentNode] as Kept | null;
      return parent?.nodeType === ELEMENT ? parent : null;
    },
    nameOf: (element) => element[symbols.localName] as string,
    attributeOf(element, name) {
      const items = (element[symbols.attributes] as Kept)[symbols.itemsByName] as Map<string, Kept[]>;
      return items.get(name)?.[0]?.[symbols.value] as string | undefined;
    },
  };
  const childrenOf = (node: Kept) => node[symbols.elementArray] as readonly Kept[];
  const scopeOf = (node: Kept) => (node.nodeType === DOCUMENT ? (childrenOf(node)[0] ?? node) : node);

  const known = new Map<string, Selector<Kept> | null>();
  const selectorOf = (text: unknown): Selector<Kept> | null => {
    if (typeof text !== "string") return null;
    let selector = known.get(text);
    if (selector === undefined) {
      selector = compileSelector(text, tree);
      known.set(text, selector);
    }
    return selector;
  };
  const collect = (node: Kept, selector: Selector<Kept>, scope: Kept, found: Kept[]) => {
    for (const child of childrenOf(node)) {
      if (selector(child, scope)) found.push(child);
      collect(child, selector, scope, found);
    }
    return found;
  };
  const findFirst = (node: Kept, selector: Selector<Kept>, scope: Kept): Kept | null => {
    for (const child of childrenOf(node)) {
      if (selector(child, scope)) return child;
      const inner = findFirst(child, selector, scope);
      if (inner) return inner;
    }
    return null;
  };

  for (const { prototype } of [Document, DocumentFragment, Element]) {
    const own = prototype as unknown as Record<"querySelector" | "querySelectorAll", (text: unknown) => unknown>;
    const { querySelector, querySelectorAll } = own;
    own.querySelector = function (this: Kept, text) {
      const selector = selectorOf(text);
      return selector ? findFirst(this, selector, scopeOf(this)) : querySelector.call(this, text);
    };
    own.querySelectorAll = function (this: Kept, text) {
      const selector = selectorOf(text);
      return selector ? new StaticList(collect(this, selector, scopeOf(this), [])) : querySelectorAll.call(this, text);
    };
  }
  const ofElement = Element.prototype as unknown as Record<"matches" | "closest", (text: unknown) => unknown>;
  const { matches, closest } = ofElement;
  ofElement.matches = function (this: Kept, text) {
    const selector = selectorOf(text);
    return selector ? selector(this, this) : matches.call(this, text);
  };
  ofElement.closest = function (this: Kept, text) {
    const selector = selectorOf(text);
    if (!selector) return closest.call(this, text);
    for (let each: Kept | null = this; each; each = tree.parentOf(each)) if (selector(each, this)) return each;
    return null;
  };
}

/** A static `NodeList`: it has what a list of nodes has, and nothing of an array. */
class StaticList {
  readonly [place: number]: Kept;
  readonly #items: Kept[];

  constructor(items: Kept[]) {
    this.#items = items;
    Object.assign(this, items);
  }

  get length(): number {
    return this.#items.length;
  }

  item(place: number): Kept | null {
    return this.#items[place] ?? null;
  }

  forEach(each: (node: Kept, place: number, list: StaticList) => void, self?: unknown): void {
    for (const [place, node] of this.#items.entries()) each.call(self, node, place, this);
  }

  entries() {
    return this.#items.entries();
  }

  keys() {
    return this.#items.keys();
  }

  values() {
    return this.#items.values();
  }

  [Symbol.iterator]() {
    return this.#items.values();
  }
}
