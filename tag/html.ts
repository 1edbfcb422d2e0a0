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
 * The nodes of an experiment's `html`, as its placeholder would have them. Its scripts run, as
 * those in templates do.
 */
export function nodesOf(placeholder: Element, html: string): Node[] {
  const rules = { createHTML: (html: string) => html };
  // Only when it is needed: a page that does not allow the policy would report every visit.
  policy ||= window.trustedTypes?.createPolicy("fairsplit", rules) || rules;
  const range = document.createRange();
  range.selectNodeContents(placeholder);
  return [...range.createContextualFragment(policy.createHTML(html)).childNodes];
}
