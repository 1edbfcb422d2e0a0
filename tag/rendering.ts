import type { AssignedGroup } from "../core/http-contract.ts";
import { leave } from "./attend.ts";
import { decorate } from "./decoration.ts";
import type { Groups } from "./fairsplit.ts";
import { afterFrame } from "./frame.ts";
import type { ByKey, Decided } from "./handover.ts";
import { real, redirectCalls } from "./ownership.ts";
import { isClosed, keyOf, MARK, placeholders } from "./placeholders.ts";
import { isIntact, type Placement, place, type Rendered } from "./placement.ts";
import { holds, release } from "./release.ts";
import { scrollToTarget } from "./remember.ts";
import { safely } from "./safely.ts";
import { isText, templateOf, templatesOf, variantOf } from "./variant.ts";

/** Maximum renderings per frame, for pages that answer each one with new placeholders. */
const MAX_RENDERINGS = 1000;
/**
 * Maximum repetitions for one placeholder, less than a second apart: a page that undoes each one at
 * once wins.
 */
const MAX_REPEATS = 100;
const REPEAT_MS = 1000;
/** Time that a page may stay after the path has changed, while it fades out. Arbitrary. */
const TRANSITION_MS = 500;

/** An object without prototype: an experiment may be called `constructor`. */
const none = () => ({ __proto__: null }) as never;

/** Groups of the view's placeholders, by experiment. */
export let shown: ByKey<AssignedGroup>;
/** All known groups. */
export let groups: Groups;
export let decided: Decided;
let exposed: ByKey<boolean>;
/** Time at which the view began, in ms since 1970; 0 if its path is that of the view before. */
let begunAt = 0;
let renderings = 0;
let isLeaving: boolean | undefined;
/** The variants that placeholders show; some are the first part's. */
let placements: WeakMap<Element, Placement | Rendered>;
let observer: MutationObserver | undefined;
let page: Page;
/** Roots searched for placeholders besides the document, such as shadow roots. */
const roots = new Set<ParentNode>();
/** Placeholders, current or former, that may not show what they are to. */
const due = new Set<HTMLElement>();
/** The placeholders whose own content is in a fragment. */
const owners = new WeakMap<Node, HTMLElement>();
/** Maximum changes whose nodes are searched one by one: from then on the whole is. Arbitrary. */
const MAX_SEARCHES = 100;

/** The parts of the tag that rendering uses. */
interface Page {
  /** Checks the page for changes: for all, or for those that an observer has heard of. */
  look(changes?: readonly MutationRecord[]): void;
  /**
   * Called when an experiment's first placeholder in a view was seen, with its variant or an empty
   * one.
   */
  onShown(key: string, assigned: AssignedGroup | undefined, isEmpty: boolean | undefined): void;
}

/** State of the view that the first part began; a list, because names would cost bytes. */
type Begun = readonly [
  observer: MutationObserver | undefined,
  placements: WeakMap<Element, Placement>,
  shown: ByKey<AssignedGroup>,
  exposed: ByKey<boolean>,
  groups: Groups,
  decided: Decided,
];

/** Goes on with the rendering that the first part began. */
export function startRendering(given: Page, ...begun: Begun): void {
  page = given;
  [observer, placements, shown, exposed, groups, decided] = begun;
  // The first part's own searches the whole page at each change.
  observer?.disconnect();
  safely(() => {
    observer = new MutationObserver(page.look);
  });
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

/**
 * Begins a view, with nothing decided.
 *
 * @param isOther truthy if the view before had another path
 */
export function beginView(isOther?: unknown): void {
  exposed = none();
  shown = none();
  groups = shown;
  decided = 0;
  renderings = 0;
  begunAt = isOther ? Date.now() : 0;
}

/** Decides the groups. Shown variants stay: replacing one would flicker. */
export function decide(given: Groups, last: Decided): Groups {
  decided = last;
  groups = { __proto__: null, ...given, ...shown } as unknown as Groups;
  return groups;
}

/** Adds what matches. Each selector by itself: a list of them takes a hundred times as long. */
function search(find: (selector: string) => Iterable<HTMLElement>): void {
  for (const selector of ["[data-exp]", `[${MARK}]`]) for (const placeholder of find(selector)) due.add(placeholder);
}

/** Adds the placeholders that a change of the page concerns: added ones, and those around it. */
function searchChange({ type, target, addedNodes }: MutationRecord): void {
  for (let node: Node | null | undefined = target; node; node = real(node, "parentNode") ?? owners.get(node))
    if (placements.has(node as Element)) due.add(node as HTMLElement);
  for (const node of type === "childList" ? addedNodes : [target])
    if (node.nodeType === 1) {
      due.add(node as HTMLElement);
      // Use the prototype: a form's field may hide the method.
      if (node.firstChild) search((selector) => Element.prototype.querySelectorAll.call(node, selector) as never);
    }
}

/**
 * Makes every placeholder, current or former, show its group's variant. Called before each paint
 * that follows a change of the page.
 *
 * @param changes since the last call, if only what they concern can be other than it was
 */
export function reconcileAll(changes?: readonly MutationRecord[]): void {
  if (changes && changes.length < MAX_SEARCHES) for (const change of changes) searchChange(change);
  else {
    search(placeholders);
    for (const root of roots) search((selector) => root.querySelectorAll(selector));
  }
  // An error here would reach the page and stop the other placeholders.
  for (const placeholder of due)
    safely(() => {
      const isOne = placeholder.hasAttribute("data-exp") || placeholder.hasAttribute(MARK);
      const isThere = placeholder.isConnected || [...roots].some((root) => root.contains(placeholder));
      if (!isOne || !isThere) due.delete(placeholder);
      else if (isClosed(placeholder) && isShown(placeholder)) {
        due.delete(placeholder);
        if (keyOf(placeholder) in exposed) return;
        const seen = exposed;
        const exposeLater = () => afterFrame(() => seen === exposed && placeholder.isConnected && expose(placeholder));
        // A router may be about to remove a variant that an earlier view placed.
        if ((renderedOf(placeholder) as Rendered).at < begunAt) setTimeout(exposeLater, TRANSITION_MS);
        else exposeLater();
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
  const { key, group, put, aside } = placement;
  const payload = groups[key]?.payload;
  const adopted: Rendered = {
    ...placement,
    before: (put[0] ? aside : placeholder).textContent as string,
    // The page may have changed the text since, or a framework has hydrated the variant's nodes.
    after: isText(placeholder, payload)
      ? `${payload}`
      : ((put[0] && templateOf(templatesOf(placeholder), group)?.content.textContent) ?? placeholder.textContent),
    isEmpty: false,
    templates: templatesOf(placeholder),
    at: 0,
    repeats: 0,
  };
  placements.set(placeholder, adopted);
  redirectCalls(placeholder, aside, aside.childNodes);
  // A malformed fragment throws.
  safely(() => scrollToTarget(placeholder));
  watchAside(placeholder, aside);
  return adopted;
}

function watchAside(placeholder: HTMLElement, aside: DocumentFragment): void {
  owners.set(aside, placeholder);
  observer?.observe(aside, { childList: true });
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
    let isMissed: boolean | undefined;
    const miss = () => (isMissed = true);
    isLeaving = !placement && leave(placeholder, key, assigned.group, () => exposeShown(placeholder), skip, miss);
    if (isLeaving) return;
    // A copy of a shown placeholder, as carousels make, has its variant: its scripts ran already.
    const isCopy = !placement && templatesOf(placeholder)[0] && placeholder.getAttribute(MARK) === group;
    const found = isCopy ? undefined : variantOf(placeholder, group, assigned);
    const variant = found === undefined && isMissed ? null : found;
    const at = Date.now();
    const { repeats = 0, at: before = 0 } = { ...placement };
    const again = repeats < MAX_REPEATS && at - before > REPEAT_MS ? 0 : repeats + 1;
    if (again > MAX_REPEATS || renderings > MAX_RENDERINGS) return;
    renderings++ || requestAnimationFrame(() => (renderings = 0));
    const aside = placement?.aside || new DocumentFragment();
    const placed = place(placeholder, key, group, variant, aside);
    placements.set(placeholder, { ...placed, at, repeats: again });
    watchAside(placeholder, aside);
  }
  // The first part decorates nothing: when it gave up waiting, the own look was seen.
  if (placement?.at !== 0) decorate(placeholder, group, assigned.payload, page.look);
  // Its unit, such as an account, may still become known in this view.
  if (assigned.group === "") return;
  shown[key] ??= groups[key];
  return true;
}
