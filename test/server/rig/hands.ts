import type { ElementHandle, Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** Uses a page like a person. */
export interface Hands {
  /** Presses a button, follows a link, or opens a disclosure. */
  press(target: Locator): Promise<void>;
  /** Replaces a field's text. */
  write(field: Locator, text: string): Promise<void>;
  /** Chooses one of the radios of its group. */
  choose(radio: Locator): Promise<void>;
  /** Ticks a box. */
  tick(box: Locator): Promise<void>;
}

/** More than the tab stops of any page. */
const MAX_STOPS = 150;

/**
 * Waits until a field is focused by autofocus, which browsers apply with their first frame, and
 * types.
 */
export async function writeAtOnce(field: Locator, text: string): Promise<void> {
  await expect.poll(() => hasFocus(field), { timeout: 30_000 }).toBe(true);
  await field.page().keyboard.type(text);
}

const hasFocus = (target: Locator) => target.evaluate((element) => element === document.activeElement);

/**
 * Uses only the keyboard. Every focused element must show its focus, be on the screen, and come in
 * the page's order.
 */
export function keyboard(page: Page): Hands & { goTo: (target: Locator) => Promise<void> } {
  /** Looks at the focus, and expects it to be seen. Null if the page was left meanwhile. */
  const look = async (target: ElementHandle<Element> | null) => {
    const seen = await page.evaluate(lookAtFocus, target).catch(() => null);
    const frames = seen?.isInFrame ? page.frames().slice(1) : [];
    // A frame that was replaced meanwhile has no focus.
    const inFrames = frames.map((frame) => frame.evaluate(lookAtFocus, null).catch(() => null));
    for (const one of [seen, ...(await Promise.all(inFrames))]) {
      expect(one?.fault ?? null, `at ${page.url()}`).toBe(null);
    }
    return seen;
  };
  const goTo = async (target: Locator) => {
    // Kept while it is in the page: to find it by its role takes most of a stop's time.
    let element: ElementHandle<Element> | null = null;
    for (let stop = 0; stop < MAX_STOPS; stop += 1) {
      if (element === null) {
        await target.waitFor();
        if (await hasFocus(target)) return;
        element = (await target.elementHandle()) as ElementHandle<Element>;
      }
      await page.keyboard.press("Tab");
      const seen = await look(element);
      if (seen?.isTarget) return;
      if (!seen?.isTargetThere) element = null;
    }
    expect.fail(`${target} cannot be reached by the keyboard at ${page.url()}`);
  };
  return {
    goTo,
    async press(target) {
      await goTo(target);
      await page.keyboard.press("Enter");
    },
    async write(field, text) {
      await goTo(field);
      await page.keyboard.press("Control+A");
      await page.keyboard.type(text);
    },
    async choose(radio) {
      const name = await radio.getAttribute("name");
      await goTo(page.locator(`input[type=radio][name="${name}"]:checked`));
      for (let stop = 0; stop < MAX_STOPS && !(await radio.isChecked()); stop += 1) {
        await page.keyboard.press("ArrowDown");
        await look(null);
      }
      expect(await radio.isChecked()).toBe(true);
    },
    async tick(box) {
      await goTo(box);
      await page.keyboard.press("Space");
      expect(await box.isChecked()).toBe(true);
    },
  };
}

/** Uses the mouse, and fills in fields. */
export const mouse: Hands = {
  press: (target) => target.click(),
  write: (field, text) => field.fill(text),
  choose: (radio) => radio.check(),
  tick: (box) => box.check(),
};

/** Runs in the page: where the focus is, and what is wrong with its position or style. */
function lookAtFocus(target: Element | null) {
  const focused = document.activeElement;
  const isInFrame = focused?.matches("iframe") ?? false;
  const fault = (): string | null => {
    // The end of the page: the next stop is its first one. Frames are looked at by themselves.
    if (!focused || focused === document.body || isInFrame) return null;
    const called = focused.outerHTML.slice(0, 120);
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(focused);
    // `auto` is the browser's own.
    if (outlineStyle !== "auto" && (outlineStyle === "none" || Number.parseFloat(outlineWidth) < 2))
      return `its focus cannot be seen: ${called}`;
    if (/^rgba\(.*, 0\)$|^transparent$/.test(outlineColor)) return `its focus has no colour: ${called}`;
    if (focused.getAttribute("tabindex") !== null && (focused as HTMLElement).tabIndex > 0)
      return `out of order: ${called}`;
    const { top, bottom, left, right, width, height } = focused.getBoundingClientRect();
    if (width < 8 || height < 8) return `it is too small to be seen: ${called}`;
    const isOnScreen = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
    // The skip link glides in.
    return isOnScreen || focused.matches(".skip") ? null : `it is off the screen: ${called}`;
  };
  return { isInFrame, isTarget: focused === target, isTargetThere: target?.isConnected ?? false, fault: fault() };
}
