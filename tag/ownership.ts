const CALLS = ["removeChild", "insertBefore", "replaceChild"] as const;
type Call = (...nodes: Node[]) => Node;

const asides = new WeakMap<Element, DocumentFragment>();

/**
 * Redirects a framework's calls on the placeholder to the nodes that were moved aside. Otherwise
 * React's `removeChild` throws and removes the whole page.
 */
export function redirectCalls(placeholder: Element, aside: DocumentFragment): void {
  const isKnown = asides.has(placeholder);
  asides.set(placeholder, aside);
  if (isKnown) return;
  for (const name of CALLS) {
    const call = placeholder[name] as unknown as Call;
    // The last argument is the existing child.
    const redirected: Call = (...nodes) => {
      const current = asides.get(placeholder);
      return call.apply(current && nodes.at(-1)?.parentNode === current ? current : placeholder, nodes);
    };
    Object.defineProperty(placeholder, name, { configurable: true, writable: true, value: redirected });
  }
}
