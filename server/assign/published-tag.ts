import { createHash } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "../files/durable-file.ts";

/**
 * A version of the tag for pages to pin: a URL that always returns the same bytes, and its
 * `integrity`.
 */
export interface PublishedTag {
  /** `tag.<hash>.js`, by the first digits of its SHA-256. */
  readonly file: string;
  readonly script: string;
  /** Value of the `integrity` attribute: `sha384-…`. */
  readonly integrity: string;
}

/** Digits of a hash: few, because the tag has in it the name of the script that it loads. */
const HASH_DIGITS = 8;
/** Names by earlier versions of the server have 16 digits. */
const FILE = /^(tag|tag-more)\.([0-9a-f]{8}|[0-9a-f]{16})\.js$/;

/**
 * @param name of the script: the tag itself, or a script that it loads
 * @param digits of the hash
 */
export function publishTag(script: string, name = "tag", digits = HASH_DIGITS): PublishedTag {
  const hash = createHash("sha256").update(script).digest("hex").slice(0, digits);
  const integrity = `sha384-${createHash("sha384").update(script).digest("base64")}`;
  return { file: `${name}.${hash}.js`, script, integrity };
}

/**
 * Stores a tag in a folder for later versions of the server, and resolves to the earlier ones: an
 * update must not break pages that pinned one, nor the scripts that it loads. A file that does not
 * match its name is kept but not published.
 */
export async function keepTag(folder: string, script: string, more = ""): Promise<readonly PublishedTag[]> {
  await mkdir(folder, { recursive: true });
  const current = [publishTag(script), ...(more ? [publishTag(more, "tag-more")] : [])];
  const names = (await readdir(folder)).filter((name) => FILE.test(name));
  const kept = await Promise.all(
    names.map(async (file) => {
      const [name, hash] = file.split(".");
      return publishTag(await readFile(join(folder, file), "utf8"), name, hash?.length);
    }),
  );
  const whole = kept.filter(({ file }, index) => file === names[index]);
  for (const { file, script } of current) {
    if (!whole.some((one) => one.file === file)) await replaceFile(join(folder, file), script);
  }
  return whole.filter(({ file }) => !current.some((one) => one.file === file));
}
