// What the tag loads when a page's markup or options ask for more than templates and texts:
// `/tag-more.<hash>.js`. It shares nothing with the tag but what each function is given.
export { attend } from "./attend.ts";
export { decorate } from "./decoration.ts";
export { nodesOf } from "./html.ts";
export { keep } from "./in-place.ts";
export { prepare } from "./prepare.ts";
export { redirect } from "./redirect.ts";
export { holds, release } from "./release.ts";
