import type { AssignedGroup } from "../core/http-contract.ts";

/** State of the page once it has settled. */
export interface Seen {
  readonly deviceId: string;
  readonly placeholders: readonly {
    readonly experiment: string;
    /** Rendered HTML, without the templates. */
    readonly rendered: string;
    readonly variants: readonly {
      readonly group: string;
      readonly html: string;
      /**
       * Marked `data-empty`; without it the tag shows the own content and reports `empty_variant`.
       */
      readonly isEmptyOnPurpose?: boolean;
    }[];
    /** Event names of the click-reporting elements inside, in document order. */
    readonly clicks: readonly string[];
  }[];
  /** Event names of the click-reporting elements outside all placeholders, in document order. */
  readonly outside?: readonly string[];
  /** Page views that the tag reports: redirects lead through several pages; default 1. */
  readonly pageviews?: number;
  /** Number of pages in the tab's history, including this one. */
  readonly historyLength: number;
  /** False when the server did not answer the events before the timeout. */
  readonly acknowledged: boolean;
}

/**
 * Reads what the visitor of a page sees. Browsers run it as text: it may use only its arguments.
 *
 * @param answered the server's last answer: the visitor's groups
 */
export function readPage(
  document: Document,
  answered: Readonly<Record<string, AssignedGroup | undefined>> | undefined,
  historyLength: number,
  acknowledged: boolean,
): Seen {
  const box = document.createElement("div");
  const html = (nodes: Iterable<Node>) => {
    let text = "";
    for (const node of nodes) {
      if (node.nodeType === 1) text += (node as Element).outerHTML;
      else if (node.nodeType === 3 && !/[&<>\u00a0]/.test((node as Text).data)) text += (node as Text).data;
      else {
        box.replaceChildren(node.cloneNode());
        text += box.innerHTML;
      }
    }
    return text.replace(/\s+/g, " ").trim();
  };
  /**
   * The content of a variant without a template: the experiment's `html`, its payload as text or as
   * an attribute, or the own content, with the group's classes. Empty if the
   * placeholder shows something else.
   */
  const shownWithoutTemplate = (placeholder: HTMLElement, rendered: string): string => {
    const { exp = "", expText, expAttr, expClass = "" } = placeholder.dataset;
    const { group, fallback, html: markup, payload } = answered?.[exp] ?? {};
    const name = (group || fallback || "").replace(/[^\w\s]/g, "\\$&");
    const words = [...expClass.matchAll(new RegExp(`(?:^|\\s)${name}:(\\S+)`, "g"))];
    if (words.some(([, word]) => !placeholder.classList.contains(word ?? ""))) return "";
    const isText = payload !== null && payload !== undefined && typeof payload !== "object";
    if (isText && expAttr && placeholder.getAttribute(expAttr) !== String(payload)) return "";
    if (isText && expText !== undefined && placeholder.textContent !== String(payload)) return "";
    if (markup && !(isText && expText !== undefined)) {
      const other = document.createElement("div");
      other.append(document.createRange().createContextualFragment(markup));
      if (html(other.childNodes) !== rendered) return "";
    }
    return group || fallback || "";
  };
  const variantsOf = (placeholder: HTMLElement, rendered: string): Seen["placeholders"][number]["variants"] => {
    const templates = [...placeholder.querySelectorAll<HTMLTemplateElement>(":scope > template[data-group]")].map(
      (template) => ({
        group: template.dataset.group ?? "",
        // A template made by JSX has its children in the element.
        html: html((template.content.firstChild ? template.content : template).childNodes),
        isEmptyOnPurpose: "empty" in template.dataset,
      }),
    );
    const { group, fallback } = answered?.[placeholder.dataset.exp ?? ""] ?? {};
    if (templates.some((template) => template.group === (group || fallback))) return templates;
    let other = "";
    try {
      other = shownWithoutTemplate(placeholder, rendered);
    } catch {
      // Trusted Types may forbid parsing HTML here.
      other = group || fallback || "";
    }
    return other ? [...templates, { group: other, html: rendered }] : templates;
  };
  return {
    deviceId: /(?:^|; )(?:fairsplit_id|device_id)=([^;]+)/.exec(document.cookie)?.[1] ?? "",
    placeholders: [...document.querySelectorAll<HTMLElement>("[data-exp]")].map((placeholder) => {
      const rendered = html([...placeholder.childNodes].filter((node) => node.nodeName !== "TEMPLATE"));
      return {
        experiment: placeholder.dataset.exp ?? "",
        rendered,
        variants: variantsOf(placeholder, rendered),
        clicks: [placeholder, ...placeholder.querySelectorAll<HTMLElement>("[data-exp-click]")].flatMap(
          ({ dataset }) => (dataset.expClick ? [dataset.expClick] : []),
        ),
      };
    }),
    outside: [...document.querySelectorAll<HTMLElement>("[data-exp-click]")].flatMap((element) =>
      element.closest("[data-exp]") ? [] : [element.dataset.expClick ?? ""],
    ),
    historyLength,
    acknowledged,
  };
}
