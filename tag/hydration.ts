import { real } from "./ownership.ts";

declare global {
  interface Window {
    /** Solid's state of hydration: `completed` holds hydrated elements, and is null at the end. */
    _$HY?: { readonly completed?: WeakSet<Element> | null };
  }
}

/** The root of a Nuxt app, whose `Suspense` hydrates its pages later, without a mark. */
interface NuxtRoot extends Node {
  readonly __vue_app__?: { readonly $nuxt?: { readonly isHydrating?: boolean } };
}

/** Roots that frameworks hydrate. Not `#app`, a name that other pages use as well. */
const OWN_ROOTS = "#root,[id^=__],[id^=S\\:],astro-island[ssr],[ng-server-context],[data-hk]";
const STARTER_ROOTS = "#app";
/** Scripts of pages whose `#app` is hydrated. */
const FRAMEWORK_SCRIPTS =
  "[type=module],[rel=modulepreload],script[src*=chunk],script[src*=bundle],script[src*='main.'],script[src*=react],script[src*=vue]";
/** Scripts of Next and of React Router, which hydrate the document, as TanStack Start does. */
const DOCUMENT_SCRIPTS = "[src*='/_next/'],[href*='entry.client']";
/** Maximum wait after loading; a later hydration corrects what was rendered. Arbitrary. */
const MAX_WAIT_MS = 1000;
const LOOK_MS = 16;

let loadedAt: number | undefined;
let isPolling: boolean | undefined;

/**
 * True for a placeholder that must not be changed yet, because a framework is about to hydrate it
 * or the page has `data-after="load"`. Calls `again` when that may have changed.
 */
export function isToWait(placeholder: Element, again: () => void): boolean {
  if (document.readyState === "complete") loadedAt ??= performance.now();
  const isWaiting =
    loadedAt == null
      ? placeholder.closest("[data-after=load]") || isToBeHydrated(placeholder)
      : performance.now() - loadedAt < MAX_WAIT_MS && isToBeHydrated(placeholder);
  if (!isWaiting) return false;
  if (!isPolling) {
    isPolling = true;
    setTimeout(() => {
      isPolling = false;
      again();
    }, LOOK_MS);
  }
  return true;
}

/** Truthy if a framework is about to hydrate a placeholder. */
function isToBeHydrated(placeholder: Element): unknown {
  const state = hydrationOf(placeholder);
  if (state != null) return state;
  const root = placeholder.closest(OWN_ROOTS);
  if (root?.matches("[data-hk]")) {
    const hydrated = window._$HY?.completed;
    return hydrated && !hydrated.has(root);
  }
  // Its scripts may not have been parsed yet.
  if (root) return true;
  if (!placeholder.closest(STARTER_ROOTS)) return "$_TSR" in window || document.querySelector(DOCUMENT_SCRIPTS);
  return (
    document.readyState === "loading" ||
    ["React", "ReactDOM", "Vue", "preact"].some((name) => name in window) ||
    document.querySelector(FRAMEWORK_SCRIPTS)
  );
}

/**
 * True if the nearest framework around an element is about to hydrate it: React has begun its root,
 * or its Suspense boundary has not come yet. Undefined if none has begun.
 */
function hydrationOf(element: Element): boolean | undefined {
  for (let node: Node | null = element; node; node = real(node, "parentNode")) {
    if (isKept(node)) return !!(node as NuxtRoot).__vue_app__?.$nuxt?.isHydrating;
    if (hasOwn(node, /^__reactContainer/) || isInBoundary(node)) return true;
  }
  return undefined;
}

/** True between the comments of a Suspense boundary. */
function isInBoundary({ previousSibling }: Node): true | undefined {
  let closed = 0;
  for (let node = previousSibling; node; node = node.previousSibling) {
    if (node.nodeType !== 8) continue;
    if (/^\/\$/.test(node.nodeValue as string)) closed += 1;
    else if (/^\$/.test(node.nodeValue as string) && !closed--) return true;
  }
  return undefined;
}

const hasOwn = (object: object, names: RegExp) => Object.keys(object).some((name) => names.test(name));

/**
 * True for an element that a framework has hydrated. React marks a root when hydration begins, and
 * each element when it is hydrated; Vue marks the root at the end.
 */
export function isKept(element: object): boolean {
  return hasOwn(element, /^(__react[FIP]|__vue|__?vnode|__k$|_children$|__ngContext)/);
}
