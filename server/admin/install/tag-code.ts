import type { PublishedTag } from "../../assign/published-tag.ts";

// Snippets that load the tag. `origin` is the URL at which browsers reach the server, with its path
// if any, without a trailing slash.

export function scriptCode(origin: string): string {
  return `<script async src="${origin}/tag.js"></script>`;
}

/** The script that comes with the groups of a new visitor. */
export function scriptWithGroupsCode(origin: string): string {
  return `<script async src="${origin}/tag-with-groups.js"></script>`;
}

/** Tag managers drop unknown attributes, so options come in a variable. */
export function tagManagerCode(origin: string): string {
  return `<script>\n  window.fairsplitConfig = { api: "${origin}", timeout: 1000 };\n</script>\n${scriptCode(origin)}`;
}

/** Sources that a page's content security policy must allow. */
export function policyCode(origin: string): string {
  // Without a trailing slash a path matches only itself.
  const source = new URL(origin).pathname === "/" ? origin : `${origin}/`;
  return `script-src ${source}; connect-src ${source}`;
}

/** The current script, which browsers do not run when any byte differs. */
export function pinnedCode(origin: string, { file, integrity }: PublishedTag): string {
  return `<script async src="${origin}/${file}"\n  integrity="${integrity}"\n  crossorigin="anonymous"></script>`;
}
