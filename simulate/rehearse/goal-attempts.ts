import { compileRoutes } from "../../core/routes.ts";
import type { Session } from "../cdp.ts";
import { FIND } from "./find-in-page.ts";
import type { PageSeen } from "./in-page.ts";
import type { Network } from "./network.ts";
import type { GoalHint } from "./options.ts";

const HEARD_PATIENCE_MS = 8000;
const STEP_MS = 100;

/** An event that the experiment counts: a named one, or a page view of some paths. */
export interface GoalEvent {
  /** The event's name, or the glob of the pages. */
  readonly name: string;
  readonly isPage: boolean;
}

/** A goal's event that a visit makes happen. */
export interface GoalStep extends GoalEvent {
  readonly hint: GoalHint | null;
  /** Whether the server has heard the event of a device. */
  readonly isHeard: (goal: GoalEvent, deviceId: string) => Promise<boolean>;
}

/** What came of it. */
export interface GoalAttempt extends GoalEvent {
  readonly way: "click" | "page" | "view" | "none" | "skip";
  readonly arrived: boolean;
  /** Why it could not be made to happen; null if it was. */
  readonly problem: string | null;
}

interface Circumstances {
  readonly experiment: string;
  readonly isLive: boolean;
  readonly network: Network;
  readonly deviceId: string | null;
  readonly settle: () => Promise<PageSeen | null>;
}

/**
 * Makes the events of goals happen, clicks first, because other goals may leave the page. Clicks
 * are dry: the tag hears them, but links, forms and writes are held back.
 */
export async function tryGoals(
  page: Session,
  steps: readonly GoalStep[],
  circumstances: Circumstances,
): Promise<GoalAttempt[]> {
  const attempts: GoalAttempt[] = [];
  const order = (step: GoalStep) => (step.hint?.kind === "page" || step.isPage ? 1 : 0);
  for (const step of [...steps].sort((a, b) => order(a) - order(b))) {
    attempts.push(await tryGoal(page, step, circumstances));
  }
  return attempts;
}

async function tryGoal(page: Session, step: GoalStep, circumstances: Circumstances): Promise<GoalAttempt> {
  const { name, isPage, hint, isHeard } = step;
  const { deviceId, experiment, network, isLive, settle } = circumstances;
  const attempt = (way: GoalAttempt["way"], more: Partial<GoalAttempt> = {}): GoalAttempt => ({
    name,
    isPage,
    way,
    arrived: false,
    problem: null,
    ...more,
  });
  if (hint?.kind === "skip") return attempt("skip");
  if (deviceId === null) return attempt("none", { problem: "the tag did not report anything" });
  const arrives = async () => {
    for (let waited = 0; waited <= HEARD_PATIENCE_MS; waited += STEP_MS) {
      if (await isHeard(step, deviceId)) return true;
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
    return false;
  };
  // The page view of this very page, or an event that it sends by itself.
  if (await isHeard(step, deviceId)) return attempt("view", { arrived: true });
  const target = hint?.kind === "page" ? hint.page : isPage && !name.includes("*") ? name : null;
  if (target !== null) {
    const at = await page.send<{ result: { value?: string } }>("Runtime.evaluate", {
      expression: `new URL(${JSON.stringify(target)}, location.href).href`,
      returnByValue: true,
    });
    const url = at.result.value ?? target;
    const { errorText } = await page.send<{ errorText?: string }>("Page.navigate", { url });
    if (errorText) return attempt("page", { problem: `${url}: ${errorText}` });
    await settle();
    return attempt("page", { arrived: await arrives() });
  }
  if (isPage) return attempt("none", { problem: "no address is known that it stands for" });
  const clickable = `[data-exp-click=${JSON.stringify(name)}]`;
  const placeholder = `[data-exp=${JSON.stringify(experiment)}]`;
  const selectors =
    hint?.kind === "click" ? [hint.selector] : [`${placeholder} ${clickable}`, `${placeholder}${clickable}`, clickable];
  if (!isLive) await network.hold();
  try {
    const problem = await click(page, selectors);
    if (problem !== null) return attempt("none", { problem });
    return attempt("click", { arrived: await arrives() });
  } finally {
    if (!isLive) await network.release();
  }
}

/** Clicks with the mouse on the first element of the first selector that has one. */
async function click(page: Session, selectors: readonly string[]): Promise<string | null> {
  const { result } = await page.send<{ result: { value?: { x: number; y: number } | string } }>("Runtime.evaluate", {
    expression: `(() => {
      let element;
      try {
        element = (${FIND})(${JSON.stringify(selectors)});
      } catch (error) {
        return error.message;
      }
      if (!element) return null;
      element.scrollIntoView({ block: "center", behavior: "instant" });
      const { x, y, width, height } = element.getBoundingClientRect();
      if (width < 1 || height < 1) return "the element to click has no size";
      return { x: x + width / 2, y: y + height / 2 };
    })()`,
    returnByValue: true,
  });
  const { value } = result;
  if (typeof value === "string") return value;
  if (!value) return `no element of the page is ${selectors.at(-1)}`;
  const mouse = { ...value, button: "left", clickCount: 1 };
  await page.send("Input.dispatchMouseEvent", { type: "mousePressed", ...mouse });
  await page.send("Input.dispatchMouseEvent", { type: "mouseReleased", ...mouse });
  return null;
}

/** Whether an event that was heard is the one of a goal. */
export function isGoalEvent({ name, isPage }: GoalEvent, event: { event: string; path?: string | undefined }): boolean {
  if (!isPage) return event.event === name;
  return event.event === "pageview" && event.path !== undefined && compileRoutes([name])(event.path);
}
