// The tag's other part, `/tag-more.<hash>.js`: all that the first view can begin without.
export { takeOver } from "./take-over.ts";
