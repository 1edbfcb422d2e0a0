// The tag for sites that bundle their scripts: `import { start } from "fairsplit/tag"`.
import type { Options } from "./options.ts";
import { type Fairsplit, start as startPage } from "./start.ts";

export type { AssignedGroup } from "../core/http-contract.ts";
export type { Options } from "./options.ts";
export type { Fairsplit, Groups } from "./start.ts";

/**
 * Starts the tag, like the script tag, and returns `window.fairsplit`. A second call, or one on a
 * page with a script tag, returns the same object and starts nothing.
 *
 * @param options the script tag's `data-…` attributes; `api` has no default here
 * @throws TypeError if `api` is not a URL
 */
export function start(options: Options & { readonly api: string }): Fairsplit {
  startPage(options, location.href);
  return window.fairsplit as Fairsplit;
}
