const CALLS = ["removeChild", "insertBefore", "replaceChild"] as const;
type Call = (...nodes: Node[]) => Node;

const asides = new WeakMap<Element, DocumentFragment>();

/**
 * Lets a framework go on with nodes that were moved aside: its calls on the placeholder reach them
 * where they are. Without that React's `removeChild` throws, and it takes the whole page away.
 */
export function redirectCalls(placeholder: Element, aside: DocumentFragment): void {
  const isKnown = asides.has(placeholder);
  asides.set(placeholder, aside);
  if (isKnown) return;
  for (const name of CALLS) {
    const call = placeholder[name] as unknown as Call;
    // The last argument is the child that is already there.
    const redirected: Call = (...nodes) => {
      const current = asides.get(placeholder);
      return call.apply(current && nodes.at(-1)?.parentNode === current ? current : placeholder, nodes);
    };
    Object.defineProperty(placeholder, name, { configurable: true, writable: true, value: redirected });
  }
}
