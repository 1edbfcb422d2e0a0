import { setTimeout as delay } from "node:timers/promises";
import type { Browser } from "playwright-core";
import type { Event } from "../../core/event.ts";
import { BUTTON, KEYS, wordOf } from "./marked-page.ts";

/** Findings of a visit that concern the tag. */
export interface Visit {
  readonly errors: readonly string[];
  /** By experiment, the groups whose words its placeholder had in turn; `-` for none. */
  readonly frames: Readonly<Record<string, readonly string[]>>;
  /** Whether the marked button was there, and clicked. */
  readonly isClicked: boolean;
}

/** Until scripts have done their work on a page that has loaded. */
const SETTLE_MS = 1500;
/** Until an animation that follows the window's size has ended. */
const RESIZE_MS = 500;
/** Until events have been sent. */
const SEND_MS = 1000;

/** Records in each frame which group's word a placeholder has. */
const WATCH = `(() => {
  window.frames_ = {};
  const words = ${JSON.stringify(KEYS.map((key) => [key, ["A", "B"].map((group) => [group, wordOf(key, group)])]))};
  (function look() {
    for (const [key, groups] of words) {
      for (const each of document.querySelectorAll('[data-exp="' + key + '"]')) {
        const now = groups.filter(([, word]) => each.textContent.includes(word)).map(([group]) => group).join("") || "-";
        const before = (frames_[key] ??= []);
        if (before.at(-1) !== now) before.push(now);
      }
    }
    requestAnimationFrame(look);
  })();
})()`;

/** Opens a page as a new visitor who scrolls, turns the phone and presses the marked button. */
export async function visitPage(browser: Browser, url: string): Promise<Visit> {
  const context = await browser.newContext();
  const errors: string[] = [];
  try {
    const { host } = new URL(url);
    await context.route(
      (asked) => asked.hostname !== "127.0.0.1",
      (route) => route.abort(),
    );
    context.on("weberror", (error) => errors.push(error.error().message));
    await context.addInitScript(WATCH);
    const page = await context.newPage();
    page.on("dialog", (dialog) => void dialog.dismiss().catch(() => undefined));
    await page.goto(url, { waitUntil: "load", timeout: 20_000 });
    await delay(SETTLE_MS);
    await page.mouse.wheel(0, 3000);
    await page.setViewportSize({ width: 600, height: 900 });
    await delay(RESIZE_MS);
    await page.setViewportSize({ width: 1280, height: 720 });
    await delay(RESIZE_MS);
    const frames = await page.evaluate(() => (window as unknown as { frames_: Visit["frames"] }).frames_);
    const isClicked = await page.evaluate((selector) => {
      const button = document.querySelector<HTMLElement>(selector);
      button?.addEventListener("click", (event) => event.preventDefault());
      button?.click();
      return button !== null;
    }, "[data-exp-click]");
    await delay(SEND_MS);
    if (new URL(page.url()).host !== host) errors.push(`the page has left for ${page.url()}`);
    return { errors, frames, isClicked };
  } catch (error) {
    return { errors: [...errors, (error as Error).message.split("\n")[0] ?? ""], frames: {}, isClicked: false };
  } finally {
    await context.close();
  }
}

/**
 * Says what is wrong with a visit: errors that the page has with the tag only, variants that were
 * not there in the end, came and went, or are of another group than the one that was counted.
 *
 * @param own errors of the page without the tag
 */
export function wrongIn(
  visit: Visit,
  own: readonly string[],
  events: readonly Event[],
  keys: readonly string[],
): string[] {
  const counted = (name: string, key?: string) =>
    events.filter(({ event, experiment }) => event === name && (key === undefined || experiment === key));
  const wrong = visit.errors.filter((error) => !own.includes(error)).map((error) => `error: ${error}`);
  const views = counted("pageview").length;
  if (views !== 1) wrong.push(`${views} page views`);
  for (const key of keys) {
    const exposures = counted("exposure", key);
    if (exposures.length !== 1) wrong.push(`${key}: ${exposures.length} exposures`);
    const frames = (visit.frames[key] ?? []).join("");
    if (frames.replace(/^-/, "") !== exposures[0]?.group) wrong.push(`${key}: frames ${frames || "none"}`);
  }
  const clicks = counted("pressed").length;
  if (keys.includes(BUTTON) && (clicks !== 1 || !visit.isClicked)) wrong.push(`${clicks} clicks`);
  const others = events.filter(({ event }) => !["pageview", "exposure", "pressed"].includes(event));
  for (const { event, experiment } of others) wrong.push(`${event} of ${experiment}`);
  return wrong;
}
