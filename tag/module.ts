// The tag for sites that bundle their scripts: `import { start } from "fairsplit/tag"`.
import type { Options } from "./options.ts";
import { type Fairsplit, start as startPage } from "./start.ts";

export type { AssignedGroup } from "../core/http-contract.ts";
export type { Options } from "./options.ts";
export type { Fairsplit, Groups } from "./start.ts";

/**
 * Does what the script tag does, and gives `window.fairsplit`. A second call, or a page that has
 * the script tag too, gives the same one and starts nothing.
 *
 * @param options what the script tag says by `data-…` attributes; `api` has no default here
 * @throws TypeError when `api` is no address
 */
export function start(options: Options & { readonly api: string }): Fairsplit {
  startPage(options, location.href);
  return window.fairsplit as Fairsplit;
}
