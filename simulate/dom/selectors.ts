/** Access to a tree of elements. */
export interface Tree<Element> {
  /** The parent that is an element. */
  parentOf(element: Element): Element | null;
  /** Name in lower case. */
  nameOf(element: Element): string;
  attributeOf(element: Element, name: string): string | undefined;
}

/** True if an element matches; `scope` is what `:scope` stands for. */
export type Selector<Element> = (element: Element, scope: Element) => boolean;

const IDENTIFIER = "-?[A-Za-z_][\\w-]*";
const SIMPLE = new RegExp(
  [
    "(?<all>\\*)",
    `(?<name>${IDENTIFIER})`,
    `#(?<id>${IDENTIFIER})`,
    `\\.(?<word>${IDENTIFIER})`,
    `\\[(?<attribute>${IDENTIFIER})(?:(?<start>\\^?)=(?:"(?<quoted>[^"\\\\]*)"|(?<bare>${IDENTIFIER})))?\\]`,
    "(?<scope>:scope)(?![\\w-])",
    "(?<is>:is\\()",
  ].join("|"),
  "y",
);
const COMBINATOR = /\s*>\s*|\s+(?![,)>]|$)/y;
const COMMA = /\s*,\s*/y;

/**
 * Compiles the selectors that a tag and its readers ask again and again: names, IDs, classes and
 * attributes, `:scope`, `:is` and the combinators for parents and ancestors.
 *
 * @returns null for any other
 */
export function compileSelector<Element>(text: string, tree: Tree<Element>): Selector<Element> | null {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const simple = ({ groups = {} }: RegExpExecArray): Selector<Element> | null => {
    const { all, name, id, word, attribute, start, quoted, bare, scope } = groups;
    if (all) return () => true;
    if (name) return (element) => tree.nameOf(element) === name.toLowerCase();
    if (id) return (element) => tree.attributeOf(element, "id") === id;
    if (scope) return (element, given) => element === given;
    if (word) {
      const pattern = new RegExp(`(?:^|\\s)${word}(?:\\s|$)`);
      return (element) => pattern.test(tree.attributeOf(element, "class") ?? "");
    }
    if (attribute) {
      const own = attribute.toLowerCase();
      const value = quoted ?? bare;
      if (value === undefined) return (element) => tree.attributeOf(element, own) !== undefined;
      if (!start) return (element) => tree.attributeOf(element, own) === value;
      return value === "" ? () => false : (element) => tree.attributeOf(element, own)?.startsWith(value) === true;
    }
    const any = list();
    if (text[at] !== ")") return null;
    at += 1;
    return any;
  };
  /** Tests of one element. */
  const compound = (): Selector<Element> | null => {
    const tests: Selector<Element>[] = [];
    for (let found = take(SIMPLE); found; found = take(SIMPLE)) {
      // A name that is not the first is part of something else.
      if (tests.length > 0 && (found.groups?.name || found.groups?.all)) return null;
      const test = simple(found);
      if (!test) return null;
      tests.push(test);
    }
    const [only] = tests;
    if (tests.length === 1 && only) return only;
    return tests.length === 0 ? null : (element, scope) => tests.every((test) => test(element, scope));
  };
  const complex = (): Selector<Element> | null => {
    let whole = compound();
    for (let combinator = take(COMBINATOR); whole && combinator; combinator = take(COMBINATOR)) {
      const last = compound();
      if (!last) return null;
      whole = combinator[0].includes(">") ? inParent(whole, last) : inAncestor(whole, last);
    }
    return whole;
  };
  const inParent =
    (outer: Selector<Element>, last: Selector<Element>): Selector<Element> =>
    (element, scope) => {
      if (!last(element, scope)) return false;
      const parent = tree.parentOf(element);
      return parent !== null && outer(parent, scope);
    };
  const inAncestor =
    (outer: Selector<Element>, last: Selector<Element>): Selector<Element> =>
    (element, scope) => {
      if (!last(element, scope)) return false;
      for (let above = tree.parentOf(element); above !== null; above = tree.parentOf(above)) {
        if (outer(above, scope)) return true;
      }
      return false;
    };
  const list = (): Selector<Element> | null => {
    const choices: Selector<Element>[] = [];
    do {
      const choice = complex();
      if (!choice) return null;
      choices.push(choice);
    } while (take(COMMA));
    const [only] = choices;
    if (choices.length === 1 && only) return only;
    return (element, scope) => choices.some((choice) => choice(element, scope));
  };
  const compiled = list();
  return compiled && at === text.length ? compiled : null;
}
