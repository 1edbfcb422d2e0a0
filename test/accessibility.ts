import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";

const AXE = fileURLToPath(import.meta.resolve("axe-core/axe.min.js"));
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** The only rules whose result depends on the colour scheme. */
const COLOUR_RULES = ["color-contrast"];
/** 320 pixels is what WCAG 1.4.10 asks for: a page of 1,280 at 400 %. */
const WIDTHS = [1280, 320] as const;

/**
 * Accessibility problems of a page: violations of WCAG 2.2 AA, and overflow of the screen's width,
 * in light and dark, wide and narrow. The page's context needs `bypassCSP`. Calls `look` with each.
 */
export async function problemsOf(page: Page, look = async (_name: string): Promise<void> => {}): Promise<string[]> {
  await page.addScriptTag({ path: AXE });
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of WIDTHS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      // A width changes no colour, and a colour no width.
      const rules = colorScheme === "light" ? RULES : width === WIDTHS[0] ? COLOUR_RULES : null;
      const problems = rules === null ? [] : await page.evaluate(problemsOfDocument, rules);
      found.push(...problems.map((problem) => `${colorScheme} ${width}: ${problem}`));
      await look(`${colorScheme}-${width}`);
    }
  }
  return found;
}

/** Runs in the page, where axe-core has been loaded. */
async function problemsOfDocument(rules: string[]): Promise<string[]> {
  const { axe } = window as unknown as { axe: typeof import("axe-core") };
  // Skip frames: they are sandboxed previews, which axe cannot enter and waits half a second for.
  const { violations } = await axe.run(document, { runOnly: rules, iframes: false });
  const tooWide = [...document.querySelectorAll("body, body *")].filter(
    (element) => element.getBoundingClientRect().right > innerWidth,
  );
  return [
    ...violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`),
    ...tooWide.map(({ outerHTML }) => `too wide: ${outerHTML.slice(0, 80)}`),
  ];
}
