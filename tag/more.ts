// What few pages need: the tag loads it as `/tag-more.<hash>.js` when a page's markup or options ask for it. It shares nothing
// with the tag but what each function is given.
export { attend } from "./attend.ts";
export { redirect } from "./redirect.ts";
