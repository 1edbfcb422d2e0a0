// The tag for sites that bundle their scripts: `import { start } from "fairsplit/tag"`. Both parts
// are in the bundle: the server's other part may be of another version.
import type { Fairsplit } from "./fairsplit.ts";
import * as more from "./more.ts";
import type { Options } from "./options.ts";
import { start as startPage } from "./start.ts";

export type { AssignedGroup } from "../core/http-contract.ts";
export type { Fairsplit, Groups } from "./fairsplit.ts";
export type { Options } from "./options.ts";

/**
 * Starts the tag, like the script tag, and returns `window.fairsplit`. A second call, or one on a
 * page with a script tag, returns the same object and starts nothing.
 *
 * @param options the script tag's `data-…` attributes; `api` has no default here
 * @throws TypeError if `api` is not a URL
 */
export function start(options: Options & { readonly api: string }): Fairsplit {
  startPage(options, location.href, async () => more);
  return window.fairsplit as Fairsplit;
}
