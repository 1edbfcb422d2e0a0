const CALLS = ["removeChild", "insertBefore", "replaceChild"] as const;
type Call = (...nodes: Node[]) => Node;

const asides = new WeakMap<Element, DocumentFragment>();

/** The browser's own value of a property that `keepParent` overrides on the node. */
export const real = (node: Node, name: "parentNode" | "parentElement"): Node | null =>
  Reflect.get(Node.prototype, name, node);

/**
 * Redirects a framework's calls on the placeholder to the nodes that were moved aside. Otherwise
 * React's `removeChild` throws and removes the whole page.
 *
 * @param nodes the own content, whose parent goes on to be the placeholder: Vue 2 adds nothing
 * beside a node that has another one
 */
export function redirectCalls(placeholder: Element, aside: DocumentFragment, nodes: Iterable<Node>): void {
  const isKnown = asides.has(placeholder);
  asides.set(placeholder, aside);
  for (const node of nodes) keepParent(placeholder, node);
  if (isKnown) return;
  for (const name of CALLS) {
    const call = placeholder[name] as unknown as Call;
    // The last argument is the existing child.
    const redirected: Call = (...nodes) => {
      const current = asides.get(placeholder);
      const isAside = nodes.at(-1) && real(nodes.at(-1) as Node, "parentNode") === current;
      if (isAside) keepParent(placeholder, nodes[0] as Node);
      return call.apply(isAside ? current : placeholder, nodes);
    };
    Object.defineProperty(placeholder, name, { configurable: true, writable: true, value: redirected });
  }
}

function keepParent(placeholder: Element, node: Node): void {
  for (const name of ["parentNode", "parentElement"] as const)
    Object.defineProperty(node, name, {
      configurable: true,
      get: () => (real(node, "parentNode") === asides.get(placeholder) ? placeholder : real(node, name)),
    });
}
