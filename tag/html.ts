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
 * Parses an experiment's `html` in the context of its placeholder. Its scripts run, as do those in
 * templates.
 */
export function nodesOf(placeholder: Element, html: string): Node[] {
  const rules = { createHTML: (html: string) => html };
  // Create the policy on demand: a page that forbids it would report a violation on every visit.
  policy ||= window.trustedTypes?.createPolicy("fairsplit", rules) || rules;
  const range = document.createRange();
  range.selectNodeContents(placeholder);
  return [...range.createContextualFragment(policy.createHTML(html)).childNodes];
}
