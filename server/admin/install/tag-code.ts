import type { PublishedTag } from "../../assign/published-tag.ts";

// What a site takes along to load the tag. `origin` is where browsers reach the server, with its path if
// there is one, without a slash at its end.

export function scriptCode(origin: string): string {
  return `<script async src="${origin}/tag.js"></script>`;
}

/** The script that has the groups of a new visitor with it. */
export function scriptWithGroupsCode(origin: string): string {
  return `<script async src="${origin}/tag-with-groups.js"></script>`;
}

/** Tag managers drop attributes that they do not know, so options come by a variable. */
export function tagManagerCode(origin: string): string {
  return `<script>\n  window.fairsplitConfig = { api: "${origin}", timeout: 1000 };\n</script>\n${scriptCode(origin)}`;
}

/** What a page's own content security policy has to allow. */
export function policyCode(origin: string): string {
  // A path without a slash at its end would allow itself alone.
  const source = new URL(origin).pathname === "/" ? origin : `${origin}/`;
  return `script-src ${source}; connect-src ${source}`;
}

/** The script of today, which browsers do not run when a byte of it is another. */
export function pinnedCode(origin: string, { file, integrity }: PublishedTag): string {
  return `<script async src="${origin}/${file}"\n  integrity="${integrity}"\n  crossorigin="anonymous"></script>`;
}
