import type { AssignedGroup } from "../core/http-contract.ts";
import { more, needsMore } from "./more-loader.ts";
import { addRoot, eachPlaceholder, keyOf, MARK, optionOf } from "./placeholders.ts";
import { isIntact, type Placement, place, shapeOf } from "./placement.ts";
import { safely } from "./safely.ts";
import type { Groups } from "./start.ts";
import { variantOf } from "./variant.ts";

/** Maximum renderings per frame, for pages that answer each one with new placeholders. */
const MAX_RENDERINGS = 1000;
/**
 * Maximum repetitions for one placeholder, less than a second apart: a page that undoes each one at
 * once wins.
 */
const MAX_REPEATS = 100;
const REPEAT_MS = 1000;

/** Whether the groups of a view are decided, and whether by a server's answer. */
export type Decided = 0 | typeof UNSAID | typeof SAID | typeof AGAIN;
export const UNSAID = 1;
export const SAID = 2;
/** By an answer to a question that the view had asked before, without an account. */
export const AGAIN = 3;

type ByKey<Value> = Record<string, Value | undefined>;
/** An object without prototype: an experiment may be called `constructor`. */
const none = () => ({ __proto__: null }) as never;

/** Groups of the view's placeholders, by experiment. */
export let shown: ByKey<AssignedGroup>;
/** All known groups. */
export let groups: Groups;
export let decided: Decided;
let exposed: ByKey<boolean>;
let renderings: number;
let isLeaving: boolean | undefined;
/** The variants that placeholders show. */
export const placements = new WeakMap<Element, Placement>();
let observer: MutationObserver | undefined;
let page: Page;

/** The parts of the tag that rendering uses. */
interface Page {
  /** Checks the page for changes. */
  look(): void;
  /** Loads the code that only some pages need, once. */
  load(): unknown;
  /**
   * Called when an experiment's first placeholder in a view was seen, with its variant or an empty
   * one.
   */
  onShown(key: string, assigned: AssignedGroup | undefined, isEmpty: boolean | undefined): void;
}

/** Starts to observe the page. Nothing is rendered before a view begins. */
export function startRendering(given: Page): void {
  page = given;
  safely(() => {
    observer = new MutationObserver(page.look);
  });
  watch(document);
}

/** Adds a root whose placeholders are rendered. */
export function watch(root: ParentNode): void {
  addRoot(root);
  observer?.observe(root, {
    childList: true,
    subtree: true,
    characterData: true,
    attributeFilter: ["data-exp", MARK],
  });
}

/** Begins a view, with nothing decided. */
export function beginView(): void {
  exposed = none();
  shown = none();
  groups = shown;
  decided = renderings = 0;
}

/** Decides the groups. Shown variants stay: replacing one would flicker. */
export function decide(given: Groups, last: Decided): Groups {
  decided = last;
  groups = { __proto__: null, ...given, ...shown } as unknown as Groups;
  return groups;
}

/**
 * Makes every placeholder show its group's variant. Called before each paint that follows a change
 * of the page.
 */
export function reconcileAll(): void {
  eachPlaceholder((placeholder) =>
    // An error here would reach the page and stop the other placeholders.
    safely(() => {
      if (isShown(placeholder) && !(keyOf(placeholder) in exposed)) {
        const seen = exposed;
        afterFrame(() => seen === exposed && placeholder.isConnected && isShown(placeholder) && expose(placeholder));
      }
    }),
  );
}

/** Calls back once the current rendering has been painted. */
export function afterFrame(back: () => unknown): void {
  requestAnimationFrame(() => requestAnimationFrame(() => safely(back)));
}

/** Exposes a clicked variant: the visitor has seen it, however briefly. */
export function exposeClicked(clicked: string): void {
  eachPlaceholder((placeholder) => keyOf(placeholder) === clicked && isShown(placeholder) && expose(placeholder));
}

function expose(placeholder: HTMLElement): void {
  const key = keyOf(placeholder);
  if (key in exposed) return;
  exposed[key] = true;
  shown[key] = groups[key];
  page.onShown(key, groups[key], placements.get(placeholder)?.isEmpty);
}

/** Makes a placeholder show its group's variant; returns whether it does. */
function isShown(placeholder: HTMLElement): unknown {
  const key = keyOf(placeholder);
  const placement = placements.get(placeholder);
  const isKnown = decided || groups[key];
  const assigned = groups[key] || ({ __proto__: null } as Partial<AssignedGroup>);
  const named = assigned.group || assigned.fallback;
  // Accept only strings: a broken server may answer anything.
  const group = named === `${named}` ? named : undefined;
  const isOther = placement && (placement.key !== key || (isKnown && placement.group !== group));
  const needs = isOther || (placement && shapeOf(placement.aside) !== placement.shape) || needsMore(placeholder);
  if (needs && more === undefined) return void page.load();
  if (more?.release(placeholder, placement, isOther)) return placements.delete(placeholder) && 0;
  if (!isKnown || isLeaving || (needs && !more && optionOf(placeholder, "redirect"))) return;
  if (!placement || !isIntact(placeholder, placement)) {
    if (more?.holds(placeholder, placement, page.look)) return;
    const skip = () => (exposed[key] = true);
    isLeaving = !placement && more?.leave(placeholder, key, assigned.group, () => expose(placeholder), skip);
    if (isLeaving) return;
    const variant = variantOf(placeholder, group, assigned);
    if (variant === 0) return void page.load();
    const at = Date.now();
    const { repeats = 0, at: before = 0 } = { ...placement };
    const again = repeats < MAX_REPEATS && at - before > REPEAT_MS ? 0 : repeats + 1;
    if (again > MAX_REPEATS || renderings > MAX_RENDERINGS) return;
    renderings++ || requestAnimationFrame(() => (renderings = 0));
    const aside = placement?.aside || new DocumentFragment();
    placements.set(placeholder, { ...place(placeholder, key, group, variant, aside), at, repeats: again });
    observer?.observe(aside, { childList: true });
  }
  more?.decorate(placeholder, group, assigned.payload, page.look);
  // Its unit, such as an account, may still become known in this view.
  if (assigned.group === "") return;
  shown[key] ??= groups[key];
  return !needs || more;
}
