import { type CheerioAPI, load } from "cheerio";

type Element = ReturnType<CheerioAPI>[0];

/** A kind of placeholder that a marketer would make on a page. */
interface Kind {
  readonly key: string;
  /** Elements that become a placeholder, or go into one. */
  readonly selector: string;
  /** True for a placeholder around the element, false for the element itself. */
  readonly isAround: boolean;
}

/** Experiment whose variants have a button that counts. */
export const BUTTON = "button";
/** Experiment whose payload is the element's text. */
const TEXT = "headline";
const KINDS: readonly Kind[] = [
  { key: BUTTON, selector: "a.btn,a.button,button,.btn,a[data-role=button]", isAround: true },
  { key: "form", selector: "form:has(input)", isAround: false },
  { key: "item", selector: "nav li,ul li", isAround: false },
  { key: TEXT, selector: "h1,h2,h3,h4", isAround: false },
  { key: "image", selector: "img", isAround: true },
  { key: "paragraph", selector: "p", isAround: true },
  { key: "section", selector: "section,article,.card,.row > div,[data-role=content] > *,main > *", isAround: false },
];
/** Experiments of the placeholders, all of groups A and B. */
export const KEYS = KINDS.map(({ key }) => key);

/** Text that the variant of a group has somewhere. */
export const wordOf = (key: string, group: string) => `${key}-of-${group}`;

interface Marking {
  /** URL of the tag. */
  readonly tag: string;
  /** Number of candidates to pass over, to mark others of the page. */
  readonly pick: number;
  /** Whether elements that are placeholders themselves are changed in place. */
  readonly isKept: boolean;
}

/**
 * A page with the tag and a placeholder of each kind that it has an element for, each with a copy
 * of its content as the templates, whose first text is the group's.
 */
export function markPage(source: string, { tag, pick, isKept }: Marking): { html: string; keys: string[] } {
  const $ = load(source);
  const marked = choose($, pick);
  for (const [{ key, isAround }, element] of marked) {
    if (key === TEXT) {
      $(element).attr({ "data-exp": key, "data-exp-text": "" });
      continue;
    }
    const own = (isAround ? $.html(element) : $(element).html()) ?? "";
    const templates = ["A", "B"].map(
      (group) => `<template data-group="${group}">${variantOf(own, key, wordOf(key, group))}</template>`,
    );
    if (isAround) $(element).replaceWith(`<span data-exp="${key}">${own}${templates.join("")}</span>`);
    else
      $(element)
        .attr({ "data-exp": key, ...(isKept ? { "data-exp-keep": "" } : {}) })
        .append(templates.join(""));
  }
  $("head").prepend(`<script async src="${tag}" data-timeout="20000"></script>`);
  return { html: $.html(), keys: marked.map(([{ key }]) => key) };
}

/** An element for each kind that the page has one for: none of them is within another. */
function choose($: CheerioAPI, pick: number): [Kind, Element][] {
  const chosen: [Kind, Element][] = [];
  const withAncestors = (element: Element): Element[] => [element, ...$(element).parents().toArray()];
  for (const kind of KINDS) {
    const free = $(kind.selector)
      .toArray()
      .filter((element) => {
        const around = withAncestors(element);
        const isApart = chosen.every(([, other]) => !around.includes(other) && !withAncestors(other).includes(element));
        const isSeen = kind.key === "image" || $(element).text().trim().length > 1;
        return isApart && isSeen && !$(element).closest("template,script,noscript,svg,head")[0];
      });
    const element = free[Math.min(pick, free.length - 1)];
    if (element) chosen.push([kind, element]);
  }
  return chosen;
}

/** The content with its first text replaced, or with a text behind it where it has none. */
function variantOf(own: string, key: string, word: string): string {
  const $ = load(own, null, false);
  const nodes = $.root().add($("*").not("script,style,svg *")).contents().toArray();
  const text = nodes.find((node) => node.type === "text" && node.data.trim() !== "");
  if (text?.type === "text") text.data = word;
  else $.root().append(`<b>${word}</b>`);
  if (key === BUTTON) $.root().children().first().attr("data-exp-click", "pressed");
  return $.root().html() ?? "";
}
