/** Roots that frameworks hydrate. Not `#app`, a name that other pages use as well. */
const OWN_ROOTS = "#root,[id^=__],astro-island[ssr],[ng-server-context]";
const STARTER_ROOTS = "#app";
/** Scripts of pages whose `#app` is hydrated. */
const FRAMEWORK_SCRIPTS =
  "script[type=module],link[rel=modulepreload],script[src*=chunk],script[src*=bundle],script[src*='main.'],script[src*=react],script[src*=vue]";
/** Maximum wait after loading; a later hydration corrects what was rendered. Arbitrary. */
const MAX_WAIT_MS = 1000;
const LOOK_MS = 16;

let loadedAt: number | undefined;
let isPolling: boolean | undefined;

/**
 * Whether a placeholder must not be changed yet, because a framework is about to hydrate it or the
 * page has `data-after="load"`. Calls `again` when that may have changed.
 */
export function isToWait(placeholder: Element, again: () => void): boolean {
  if (document.readyState === "complete") loadedAt ??= performance.now();
  const isWaiting =
    loadedAt === undefined
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

function isToBeHydrated(placeholder: Element): boolean {
  const root = placeholder.closest(OWN_ROOTS) ?? placeholder.closest(STARTER_ROOTS);
  const isOwn = root?.matches(OWN_ROOTS);
  if (!root || isKept(placeholder) || isKept(root)) return false;
  // Its scripts may not have been parsed yet.
  if (isOwn || document.readyState === "loading") return true;
  return (
    ["React", "ReactDOM", "Vue", "preact"].some((name) => name in window) || !!document.querySelector(FRAMEWORK_SCRIPTS)
  );
}

/**
 * Whether a framework has hydrated an element. React marks a root when hydration begins, and each
 * element when it is hydrated; Vue marks the root at the end.
 */
export function isKept(element: object): boolean {
  return Object.keys(element).some((name) =>
    /^(__reactFiber|__reactInternal|__reactProps|__vue|_vnode|__vnode|__k$|_children$|__ngContext)/.test(name),
  );
}
