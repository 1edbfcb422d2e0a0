import { readFile } from "node:fs/promises";
import { EnvironmentMissing } from "../environment.ts";

/** The built tag as a program that runs in any environment given to it. */
export interface TagProgram {
  /** Text of the script, as servers of this version answer `/tag.js`. */
  readonly source: string;
  /** Names of the globals that `run` and `runPart` take, in this order. */
  readonly globals: readonly string[];
  /** Runs the tag once. `load` is what its dynamic imports call. */
  run(load: (url: string) => Promise<unknown>, globals: readonly unknown[]): void;
  /** Runs the part that only some pages need, and returns its exports; null for another file. */
  runPart(url: URL, globals: readonly unknown[]): unknown;
}

type Program = (...args: unknown[]) => unknown;

/**
 * Reads the built tag.
 *
 * @param folder the built files
 * @param names those that its environment defines
 */
export async function readTagProgram(folder: URL, names: readonly string[]): Promise<TagProgram> {
  const read = async (name: string) =>
    readFile(new URL(name, folder), "utf8").catch((error: Error) => {
      throw new EnvironmentMissing(`--driver dom runs the built tag, which cannot be read: ${error.message}`);
    });
  const [source, part] = await Promise.all([read("tag.js"), read("tag-more.js")]);
  const globals = names.filter((name) => isParameter(name) && new RegExp(`\\b${name}\\b`).test(source + part));
  // A function can have everything but imports, exports and the URL of a module.
  const tag = compile(["importPart", ...globals], source.replaceAll("import(", "importPart("));
  const exported = /export\s*\{([^}]*)\};?\s*$/.exec(part)?.[1] ?? "";
  const exports = exported.split(",").map((each) => each.split(/\s+as\s+/).map((name) => name.trim()));
  const answer = exports.map(([own = "", name = own]) => `${name}:${own}`).join(",");
  const body = part.replace(/export\s*\{[^}]*\};?\s*$/, "").replaceAll("import.meta.url", "partUrl");
  const more = compile(["partUrl", ...globals], `${body};return {${answer}}`);
  const partName = /tag-more\.[0-9a-f]+\.js/.exec(source)?.[0];
  return {
    source,
    globals,
    run: (load, values) => void tag(load, ...values),
    runPart: (url, values) => (url.pathname.endsWith(`/${partName}`) ? more(url.href, ...values) : null),
  };
}

/** True if a function can have a parameter of that name: no keyword. */
function isParameter(name: string): boolean {
  try {
    return /^[A-Za-z_]\w*$/.test(name) && new Function(name, "") !== null;
  } catch {
    return false;
  }
}

/** Compiles once what runs for each visitor. The text is a file of this package, not a page's. */
function compile(parameters: readonly string[], body: string): Program {
  return new Function(...parameters, body) as Program;
}
