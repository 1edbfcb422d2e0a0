import { loadHappyDom } from "./dom/happy-dom.ts";
import { EnvironmentMissing } from "./environment.ts";
import { fetchText } from "./fetch-text.ts";
import { groupShown } from "./observations.ts";

/** The placeholders in a page's source, without running it. */
export interface PageSource {
  readonly placeholders: readonly PlaceholderSource[];
  /** Event names of the click-reporting elements outside all placeholders. */
  readonly outside: readonly string[];
  /** Path prefix or origin of the tag's requests, without a slash at the end. */
  readonly api: string;
  readonly path: string;
}

export interface PlaceholderSource {
  readonly experiment: string;
  readonly variants: readonly { readonly group: string; readonly html: string; readonly clicks: readonly string[] }[];
}

/**
 * Reads a page as the `http` driver visits it: placeholders with templates, and where the tag
 * comes from.
 *
 * @throws EnvironmentMissing where the page cannot be read, has no tag, or shows variants in a way
 * that only a browser can tell
 */
export async function readPageSource(url: string): Promise<PageSource> {
  const page = await fetchText(url);
  const { Window } = await loadHappyDom("http");
  const window = new Window({ url: page.url, settings: { disableJavaScriptEvaluation: true } });
  const document = new window.DOMParser().parseFromString(page.text, "text/html");
  const scripts = [...document.querySelectorAll("script[src]")];
  const tag = scripts.find((script) => /\/tag(-with-groups)?(\.[0-9a-f]+)?\.js/.test(script.getAttribute("src") ?? ""));
  if (!tag) throw new EnvironmentMissing(`${url} has no script of the tag, so --driver http does not know its server`);
  if (document.querySelector("[data-exp-redirect]")) {
    throw new EnvironmentMissing(`${url} has data-exp-redirect: only --driver browser follows visitors to other pages`);
  }
  const placeholders = [...document.querySelectorAll("[data-exp]")].map((element): PlaceholderSource => {
    const experiment = element.getAttribute("data-exp") ?? "";
    const templates = [...element.children].filter(
      (child) => child.tagName === "TEMPLATE" && child.getAttribute("data-group") !== null,
    );
    if (templates.length === 0) {
      throw new EnvironmentMissing(
        `${url}: the placeholder ${experiment} has no templates, and only --driver browser can tell what it shows`,
      );
    }
    const variants = templates.map((template) => {
      const content = (template as unknown as { content: { innerHTML?: string } & ParentLike }).content;
      const clicks = [...content.querySelectorAll("[data-exp-click]")].map(
        (each) => each.getAttribute("data-exp-click") ?? "",
      );
      const html = template.innerHTML.replace(/\s+/g, " ").trim();
      return { group: template.getAttribute("data-group") ?? "", html, clicks };
    });
    return { experiment, variants };
  });
  const outside = [...document.querySelectorAll("[data-exp-click]")].flatMap((element) =>
    element.closest("[data-exp]") ? [] : [element.getAttribute("data-exp-click") ?? ""],
  );
  const source = new URL(tag.getAttribute("src") ?? "", page.url);
  const api = new URL(tag.getAttribute("data-api") ?? ".", tag.hasAttribute("data-api") ? page.url : source).href;
  await window.happyDOM.close();
  return { placeholders, outside, api: api.replace(/\/$/, ""), path: new URL(page.url).pathname };
}

interface ParentLike {
  querySelectorAll(selector: string): Iterable<{ getAttribute(name: string): string | null }>;
}

/** The content that a visitor of a group sees in a placeholder, in the form of `in-page.ts`. */
export function shownTo({ experiment, variants }: PlaceholderSource, group: string | undefined) {
  const shown = variants.find((variant) => variant.group === group);
  const placeholder = {
    experiment,
    rendered: shown?.html ?? "",
    variants: variants.map(({ group: name, html }) => ({ group: name, html })),
    clicks: shown?.clicks ?? [],
  };
  return { placeholder, group: shown ? groupShown(placeholder, shown.group) : null };
}
