// Loaded by the tag when a page's markup or options need more than templates and texts:
// `/tag-more.<hash>.js`. Shares no state with the tag but the arguments of each function, and those
// of `attend`.
export { attend, leave, renew } from "./attend.ts";
export { decorate } from "./decoration.ts";
export { nodesOf } from "./html.ts";
export { keep } from "./in-place.ts";
export { prepare } from "./prepare.ts";
export { holds, release } from "./release.ts";
