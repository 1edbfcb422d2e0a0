import type { Locator, Page } from "playwright-core";

/** More than any page has to be tabbed through. */
const MOST_TABS = 300;

/** Somebody who has no mouse: goes to things with the Tab key, and fails where it does not lead. */
export function keyboard(page: Page) {
  const goTo = async (target: Locator): Promise<void> => {
    for (let tab = 0; tab < MOST_TABS; tab += 1) {
      const way = await target.evaluate((element) => {
        const active = document.activeElement;
        if (active === element) return "there";
        const isBehind = active !== null && active.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING;
        return isBehind ? "back" : "on";
      });
      if (way === "there") return;
      await page.keyboard.press(way === "back" ? "Shift+Tab" : "Tab");
    }
    throw new Error(`the Tab key does not lead to ${target}`);
  };
  return {
    goTo,
    /** Presses a button, follows a link, or opens details. */
    async press(target: Locator): Promise<void> {
      await goTo(target);
      await page.keyboard.press("Enter");
    },
    /** Writes over what a field has. */
    async write(target: Locator, text: string): Promise<void> {
      await goTo(target);
      await page.keyboard.press("ControlOrMeta+a");
      await page.keyboard.type(text);
    },
  };
}
