import { readFile } from "node:fs/promises";

const built = (name: string) => readFile(new URL(`../../../dist/${name}`, import.meta.url), "utf8");

/** Built assets of the admin pages, with the caller's tag. */
export async function builtAssets(tag = "") {
  return {
    tag,
    more: await built("tag-more.js"),
    given: await built("given.js"),
    badge: await built("badge.js"),
    debug: await built("debug.js"),
    adminCss: await built("admin.css"),
    adminJs: await built("admin.js"),
  };
}
