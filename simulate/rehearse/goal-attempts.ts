import { compileRoutes } from "../../core/routes.ts";
import type { Session } from "../cdp.ts";
import { DESCRIBE, FIND } from "./find-in-page.ts";
import { type PageSeen, UNSENT } from "./in-page.ts";
import type { Network } from "./network.ts";
import type { GoalHint } from "./options.ts";

const HEARD_PATIENCE_MS = 8000;
/**
 * Time after a click in which the page asks for nothing and the tag has nothing to send: what comes
 * later is not the click's. Arbitrary: pages move things about for half a second.
 */
const QUIET_MS = 2000;
const STEP_MS = 100;
/** Parts of an element to click on, as shares of its width and height. */
const CLICK_POINTS = [
  [0.5, 0.5],
  [0.75, 0.5],
  [0.25, 0.5],
  [0.5, 0.8],
  [0.5, 0.2],
  [0.9, 0.5],
  [0.1, 0.5],
];

/** An event that the experiment counts: a named one, or a page view of some paths. */
export interface GoalEvent {
  /** The event's name, or the glob of the pages. */
  readonly name: string;
  readonly isPage: boolean;
  /** True if it counts only with a key, from a back end. */
  readonly needsKey: boolean;
}

/** A goal's event that a visit makes happen. */
export interface GoalStep extends GoalEvent {
  readonly hint: GoalHint | null;
}

/** Result of a step. */
export interface GoalAttempt extends GoalEvent {
  readonly way: "click" | "page" | "view" | "none" | "skip";
  readonly arrived: boolean;
  /** Why it could not be made to happen, or did not arrive; null if nothing is known. */
  readonly problem: string | null;
}

/** Goals of a list whose event the server has heard of a device. */
export type HeardOf = <Goal extends GoalEvent>(goals: readonly Goal[], deviceId: string) => Promise<Goal[]>;

interface Circumstances {
  readonly experiment: string;
  readonly isLive: boolean;
  readonly network: Network;
  readonly deviceId: string | null;
  readonly heardOf: HeardOf;
  readonly settle: () => Promise<PageSeen | null>;
  readonly watchClick: (isUnderWay: boolean) => void;
}

/**
 * Makes the events of goals happen, clicks first, because other goals may leave the page. Clicks
 * are dry: the tag hears them, but links, forms and writes are held back. All clicks of a page are
 * waited for together.
 */
export async function tryGoals(
  page: Session,
  steps: readonly GoalStep[],
  circumstances: Circumstances,
): Promise<GoalAttempt[]> {
  const { deviceId, heardOf } = circumstances;
  const skipped = steps.filter(({ hint }) => hint?.kind === "skip");
  const tried = steps.filter(({ hint }) => hint?.kind !== "skip");
  const attempts = skipped.map((step) => attempt(step, "skip"));
  if (deviceId === null) {
    return [...attempts, ...tried.map((step) => attempt(step, "none", "the tag did not report anything"))];
  }
  // The page view of this very page, or an event that it sends by itself.
  const views = await heardOf(tried, deviceId);
  const rest = tried.filter((step) => !views.includes(step));
  const elsewhere = rest.filter(({ hint, isPage }) => hint?.kind === "page" || isPage);
  const clicked = await tryClicks(
    page,
    rest.filter((step) => !elsewhere.includes(step)),
    { ...circumstances, deviceId },
  );
  attempts.push(...views.map((step) => ({ ...attempt(step, "view"), arrived: true })), ...clicked);
  for (const step of elsewhere) attempts.push(await tryPage(page, step, { ...circumstances, deviceId }));
  return attempts;
}

type OfDevice = Circumstances & { readonly deviceId: string };

async function tryClicks(page: Session, steps: readonly GoalStep[], circumstances: OfDevice): Promise<GoalAttempt[]> {
  const { experiment, network, isLive, watchClick } = circumstances;
  if (steps.length === 0) return [];
  if (!isLive) await network.hold();
  try {
    const clicks = new Map<GoalStep, Click>();
    for (const step of steps) {
      const clickable = `[data-exp-click=${JSON.stringify(step.name)}]`;
      const placeholder = `[data-exp=${JSON.stringify(experiment)}]`;
      const selectors =
        step.hint?.kind === "click"
          ? [step.hint.selector]
          : [`${placeholder} ${clickable}`, `${placeholder}${clickable}`, clickable];
      watchClick(true);
      clicks.set(step, await click(page, selectors));
      // Exceptions of the click are told before this is answered.
      await page.send("Runtime.evaluate", { expression: "0" }).catch(() => undefined);
      watchClick(false);
    }
    const clicked = steps.filter((step) => clicks.get(step)?.isMade);
    const heard = await whichArrive(clicked, circumstances, () => isIdle(page, network));
    return steps.map((step) => {
      const { isMade = false, problem = null } = clicks.get(step) ?? {};
      const arrived = heard.includes(step);
      return { ...attempt(step, isMade ? "click" : "none", arrived ? null : problem), arrived };
    });
  } finally {
    if (!isLive) await network.release();
  }
}

async function tryPage(page: Session, step: GoalStep, circumstances: OfDevice): Promise<GoalAttempt> {
  const { name, hint } = step;
  const target = hint?.kind === "page" ? hint.page : name.includes("*") ? null : name;
  if (target === null) return attempt(step, "none", "no address is known that it stands for");
  const at = await page.send<{ result: { value?: string } }>("Runtime.evaluate", {
    expression: `new URL(${JSON.stringify(target)}, location.href).href`,
    returnByValue: true,
  });
  const url = at.result.value ?? target;
  const { errorText } = await page.send<{ errorText?: string }>("Page.navigate", { url });
  if (errorText) return attempt(step, "page", `${url}: ${errorText}`);
  await circumstances.settle();
  // A page may report after a time of its own.
  const heard = await whichArrive([step], circumstances, async () => false);
  return { ...attempt(step, "page"), arrived: heard.length > 0 };
}

function attempt(
  { name, isPage, needsKey }: GoalStep,
  way: GoalAttempt["way"],
  problem: string | null = null,
): GoalAttempt {
  return { name, isPage, needsKey, way, arrived: false, problem };
}

/** Waits until all goals are heard of, or nothing more is to be expected, or for long. */
async function whichArrive(
  steps: readonly GoalStep[],
  { heardOf, deviceId }: OfDevice,
  isIdleNow: () => Promise<boolean>,
): Promise<GoalStep[]> {
  if (steps.length === 0) return [];
  let idleSince: number | null = null;
  for (const start = performance.now(); ; ) {
    // Asked before, so that what was sent until then is heard.
    const isIdle = await isIdleNow();
    const heard = await heardOf(steps, deviceId);
    const now = performance.now();
    idleSince = isIdle ? (idleSince ?? now) : null;
    const isOver = now - start > HEARD_PATIENCE_MS || (idleSince !== null && now - idleSince > QUIET_MS);
    if (heard.length === steps.length || isOver) return heard;
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}

/** Tells that the page asks for nothing, and that the server acknowledged all events of the tag. */
async function isIdle(page: Session, network: Network): Promise<boolean> {
  if (!network.isIdle()) return false;
  const unsent = await page
    .send<{ result: { value?: number | null } }>("Runtime.evaluate", {
      expression: `window[${JSON.stringify(UNSENT)}]?.()`,
      returnByValue: true,
    })
    // A click may lead to another page.
    .catch(() => null);
  return unsent?.result.value === 0;
}

interface Click {
  readonly isMade: boolean;
  /** Reason for no click, or obstacle to it; null if nothing is known. */
  readonly problem: string | null;
}

/** Clicks with the mouse on the first element of the first selector that has one. */
async function click(page: Session, selectors: readonly string[]): Promise<Click> {
  const { result } = await page.send<{
    result: { value?: { x: number; y: number; problem: string | null } | string };
  }>("Runtime.evaluate", {
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
      // Its middle, or another part that nothing lies over, as a visitor takes.
      const points = ${JSON.stringify(CLICK_POINTS)}.map(([right, down]) => [x + width * right, y + height * down]);
      const hitAt = ([left, top]) => element.getRootNode().elementFromPoint?.(left, top) ?? null;
      const [middle, center] = points.find((point) => element.contains(hitAt(point))) ?? points[0];
      const hit = hitAt([middle, center]);
      const isHit = hit === null || element.contains(hit);
      const invalid = [...(element.closest("form")?.elements ?? [])].filter((field) => field.willValidate && !field.validity.valid);
      const problem =
        element.matches(":disabled") ? "its element is disabled"
        : getComputedStyle(element).pointerEvents === "none" ? "its element takes no clicks (pointer-events: none)"
        : !isHit && !hit.contains(element) ? "its element is covered by " + (${DESCRIBE})(hit)
        : invalid.length > 0 ? "its element was clicked, in a form that is not filled in (" + invalid.map((field) => field.name || field.type).join(", ") + ")"
        : null;
      return { x: middle, y: center, problem };
    })()`,
    returnByValue: true,
  });
  const { value } = result;
  if (typeof value === "string") return { isMade: false, problem: value };
  if (!value) return { isMade: false, problem: `no element of the page is ${selectors.at(-1)}` };
  const { x, y, problem } = value;
  const mouse = { x, y, button: "left", clickCount: 1 };
  await page.send("Input.dispatchMouseEvent", { type: "mousePressed", ...mouse });
  await page.send("Input.dispatchMouseEvent", { type: "mouseReleased", ...mouse });
  return { isMade: true, problem };
}

/** Tells whether an event that was heard is the one of a goal. */
export function isGoalEvent(
  { name, isPage }: Pick<GoalEvent, "name" | "isPage">,
  event: { event: string; path?: string | undefined },
): boolean {
  if (!isPage) return event.event === name;
  return event.event === "pageview" && event.path !== undefined && compileRoutes([name])(event.path);
}
