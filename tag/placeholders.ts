import type { AssignedGroup } from "../core/http-contract.ts";

/** The answer of `/api/expgroups`; `{}` when the server is off or cannot be reached. */
export type Groups = Readonly<Record<string, AssignedGroup | undefined>>;

/** Called once per placeholder, after its variant is in the page. `group` is the name of the template shown. */
export type OnShown = (key: string, assigned: AssignedGroup | undefined, placeholder: HTMLElement) => void;

/**
 * Renders every `[data-exp]` of the page, and those that the parser or a script adds later. A placeholder's templates stay
 * in it; all else is replaced by the variant. Without a template for the group, the page's own content stays.
 */
export function renderPlaceholders(groups: Groups, onShown: OnShown): void {
  const done = new WeakSet<Element>();
  const renderAll = () => {
    for (const placeholder of document.querySelectorAll<HTMLElement>("[data-exp]")) {
      if (!done.has(placeholder) && isParsed(placeholder)) {
        done.add(placeholder);
        render(placeholder);
      }
    }
  };
  const render = (placeholder: HTMLElement) => {
    const key = placeholder.dataset.exp ?? "";
    const assigned = Object.hasOwn(groups, key) ? groups[key] : undefined;
    const templates = [...placeholder.querySelectorAll<HTMLTemplateElement>(":scope > template[data-group]")];
    const wanted = assigned?.group || assigned?.fallback;
    const template =
      typeof wanted !== "string"
        ? (templates.find(({ dataset }) => "fallback" in dataset) ?? templates[0])
        : templates.find(({ dataset }) => dataset.group === wanted);
    if (template) placeholder.replaceChildren(...templates, template.content.cloneNode(true));
    onShown(key, assigned, placeholder);
  };
  renderAll();
  new MutationObserver(renderAll).observe(document, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", renderAll);
}

/** An element whose end tag the parser has not reached may still get templates; what follows it proves that it is closed. */
function isParsed(element: Element): boolean {
  if (document.readyState !== "loading") return true;
  for (let node: Element | null = element; node; node = node.parentElement) if (node.nextSibling) return true;
  return false;
}
