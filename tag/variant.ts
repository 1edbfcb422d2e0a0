import type { AssignedGroup } from "../core/http-contract.ts";

interface HtmlPolicy {
  createHTML(html: string): string;
}

declare global {
  interface Window {
    trustedTypes?: { createPolicy(name: string, rules: HtmlPolicy): HtmlPolicy };
  }
}

let policy: HtmlPolicy | undefined;

/**
 * Shows a device's variant in a placeholder: the group's template, else the experiment's `html` for it. The placeholder's
 * templates stay, and all else is replaced. Without either, the page's own content stays. Who has no group gets the template
 * marked `data-fallback`, else the first. The payload is taken as text by `data-exp-text`, and as the attribute that
 * `data-exp-attr` names; `data-exp-class` has the classes of groups, as `group:class`.
 */
export function showVariant(placeholder: HTMLElement, assigned: AssignedGroup | undefined): void {
  const { expText, expAttr, expClass } = placeholder.dataset;
  const { group: own, fallback, payload, html } = assigned ?? ({ __proto__: null } as Partial<AssignedGroup>);
  const group = own || fallback;
  // A text, and not what a broken server may say.
  const isGroup = group === `${group}`;
  const templates = [...placeholder.querySelectorAll<HTMLTemplateElement>(":scope>template[data-group]")];
  const template =
    templates.find(({ dataset }) => (isGroup ? dataset.group === group : "fallback" in dataset)) ||
    (!isGroup && templates[0]);
  if (template) placeholder.replaceChildren(...templates, template.content.cloneNode(true));
  else if (html) {
    const rules = { createHTML: (html: string) => html };
    // Only when it is needed: a page that does not allow the policy would report every visit.
    policy ||= window.trustedTypes?.createPolicy("fairsplit", rules) || rules;
    placeholder.innerHTML = policy.createHTML(html);
    placeholder.prepend(...templates);
  }
  if (payload != null) {
    if (expText != null) placeholder.textContent = payload as string;
    if (expAttr) placeholder.setAttribute(expAttr, payload as string);
  }
  wordsOf(group, expClass, (name) => placeholder.classList.add(name));
}

/** Calls `found` with each word that a list of `group:word` has for a group. */
function wordsOf(group: unknown, list: string | undefined, found: (word: string) => void): void {
  list?.replace(/(\S+?):(\S+)/g, (_, name, word) => (name === group && found(word)) as never);
}
