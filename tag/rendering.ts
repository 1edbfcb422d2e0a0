import type { AssignedGroup } from "../core/http-contract.ts";
import { leave } from "./attend.ts";
import { decorate } from "./decoration.ts";
import type { Groups } from "./fairsplit.ts";
import { afterFrame } from "./frame.ts";
import type { ByKey, Decided } from "./handover.ts";
import { redirectCalls } from "./ownership.ts";
import { isClosed, keyOf, MARK, placeholders } from "./placeholders.ts";
import { isIntact, type Placement, place, type Rendered } from "./placement.ts";
import { holds, release } from "./release.ts";
import { scrollToTarget } from "./remember.ts";
import { safely } from "./safely.ts";
import { isText, variantOf } from "./variant.ts";

/** Maximum renderings per frame, for pages that answer each one with new placeholders. */
const MAX_RENDERINGS = 1000;
/**
 * Maximum repetitions for one placeholder, less than a second apart: a page that undoes each one at
 * once wins.
 */
const MAX_REPEATS = 100;
const REPEAT_MS = 1000;

/** An object without prototype: an experiment may be called `constructor`. */
const none = () => ({ __proto__: null }) as never;

/** Groups of the view's placeholders, by experiment. */
export let shown: ByKey<AssignedGroup>;
/** All known groups. */
export let groups: Groups;
export let decided: Decided;
let exposed: ByKey<boolean>;
let renderings = 0;
let isLeaving: boolean | undefined;
/** The variants that placeholders show; some are the first part's. */
let placements: WeakMap<Element, Placement | Rendered>;
let observer: MutationObserver | undefined;
let page: Page;
/** Roots searched for placeholders besides the document, such as shadow roots. */
const roots = new Set<ParentNode>();

/** The parts of the tag that rendering uses. */
interface Page {
  /** Checks the page for changes. */
  look(): void;
  /**
   * Called when an experiment's first placeholder in a view was seen, with its variant or an empty
   * one.
   */
  onShown(key: string, assigned: AssignedGroup | undefined, isEmpty: boolean | undefined): void;
}

/** State of the view that the first part began. */
interface Begun {
  readonly observer: MutationObserver | undefined;
  readonly placements: WeakMap<Element, Placement>;
  readonly shown: ByKey<AssignedGroup>;
  readonly exposed: ByKey<boolean>;
  readonly groups: Groups;
  readonly decided: Decided;
}

/** Goes on with the rendering that the first part began. */
export function startRendering(given: Page, begun: Begun): void {
  page = given;
  ({ observer, placements, shown, exposed, groups, decided } = begun);
  observe(document);
}

/** Adds a root whose placeholders are rendered. */
export function watch(root: ParentNode): void {
  roots.add(root);
  observe(root);
}

function observe(root: ParentNode): void {
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
  decided = 0;
  renderings = 0;
}

/** Decides the groups. Shown variants stay: replacing one would flicker. */
export function decide(given: Groups, last: Decided): Groups {
  decided = last;
  groups = { __proto__: null, ...given, ...shown } as unknown as Groups;
  return groups;
}

/**
 * Makes every placeholder, current or former, show its group's variant. Called before each paint
 * that follows a change of the page.
 */
export function reconcileAll(): void {
  // Each selector by itself: a list of them takes Chromium a hundred times as long.
  const found = ["[data-exp]", `[${MARK}]`].flatMap((selector) => [
    ...placeholders(selector),
    ...[...roots].flatMap((root) => [...root.querySelectorAll<HTMLElement>(selector)]),
  ]);
  // An error here would reach the page and stop the other placeholders.
  for (const placeholder of new Set(found))
    safely(() => {
      if (isClosed(placeholder) && isShown(placeholder) && !(keyOf(placeholder) in exposed)) {
        const seen = exposed;
        afterFrame(() => seen === exposed && placeholder.isConnected && expose(placeholder));
      }
    });
}

/** Exposes a placeholder that still shows its variant. */
export function expose(placeholder: HTMLElement): void {
  if (isShown(placeholder)) exposeShown(placeholder);
}

function exposeShown(placeholder: HTMLElement): void {
  const key = keyOf(placeholder);
  if (key in exposed) return;
  exposed[key] = true;
  shown[key] = groups[key];
  page.onShown(key, groups[key], renderedOf(placeholder)?.isEmpty);
}

/** The placement of a placeholder; one by the first part is adopted. */
function renderedOf(placeholder: HTMLElement): Rendered | undefined {
  const placement = placements.get(placeholder);
  if (!placement || "at" in placement) return placement as Rendered | undefined;
  const { put, aside } = placement;
  const payload = groups[placement.key]?.payload;
  const adopted: Rendered = {
    ...placement,
    before: put[0] ? aside.textContent : placeholder.textContent,
    // The page may have changed the text since.
    after: isText(placeholder, payload) ? `${payload}` : placeholder.textContent,
    isEmpty: false,
    at: 0,
    repeats: 0,
  };
  placements.set(placeholder, adopted);
  redirectCalls(placeholder, aside, aside.childNodes);
  // A malformed fragment throws.
  safely(() => scrollToTarget(placeholder));
  observer?.observe(aside, { childList: true });
  return adopted;
}

/** Makes a placeholder show its group's variant; returns whether it does. */
function isShown(placeholder: HTMLElement): unknown {
  const key = keyOf(placeholder);
  const placement = renderedOf(placeholder);
  const isKnown = decided || groups[key];
  const assigned = groups[key] || ({ __proto__: null } as Partial<AssignedGroup>);
  const named = assigned.group || assigned.fallback;
  // Accept only strings: a broken server may answer anything.
  const group = named === `${named}` ? named : undefined;
  const isOther = placement && (placement.key !== key || (isKnown && placement.group !== group));
  if (release(placeholder, placement, isOther)) return placements.delete(placeholder) && 0;
  if (!isKnown || isLeaving) return;
  if (!placement || !isIntact(placeholder, placement)) {
    if (holds(placeholder, placement, page.look)) return;
    const skip = () => (exposed[key] = true);
    isLeaving = !placement && leave(placeholder, key, assigned.group, () => exposeShown(placeholder), skip);
    if (isLeaving) return;
    const variant = variantOf(placeholder, group, assigned);
    const at = Date.now();
    const { repeats = 0, at: before = 0 } = { ...placement };
    const again = repeats < MAX_REPEATS && at - before > REPEAT_MS ? 0 : repeats + 1;
    if (again > MAX_REPEATS || renderings > MAX_RENDERINGS) return;
    renderings++ || requestAnimationFrame(() => (renderings = 0));
    const aside = placement?.aside || new DocumentFragment();
    const placed = place(placeholder, key, group, variant, aside);
    placements.set(placeholder, { ...placed, at, repeats: again });
    observer?.observe(aside, { childList: true });
  }
  // The first part decorates nothing: when it gave up waiting, the own look was seen.
  if (placement?.at !== 0) decorate(placeholder, group, assigned.payload, page.look);
  // Its unit, such as an account, may still become known in this view.
  if (assigned.group === "") return;
  shown[key] ??= groups[key];
  return true;
}
