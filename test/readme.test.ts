import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { runCli } from "../cli/cli.ts";
import { SETTINGS, SIMULATOR_ENV } from "../server/config.ts";
import { openDemoApp } from "./demo/demo-app.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/**
 * Every document for people, by its path; the changelog is left out, because it names what is no
 * longer there.
 */
const DOCUMENTS = new Map(
  ["README.md", "CONTRIBUTING.md", "SECURITY.md", ...readdirSync(join(ROOT, "docs")).map((file) => `docs/${file}`)]
    .filter((file) => file.endsWith(".md") && existsSync(join(ROOT, file)))
    .map((file) => [file, readFileSync(join(ROOT, file), "utf8")]),
);
const TEXT = [...DOCUMENTS.values()].join("\n");
/** A reader scrolls this far before giving up. */
const MAX_README_LINES = 180;
/** Pages with fewer headings are seen at a glance. */
const MIN_HEADINGS_FOR_CONTENTS = 3;
const { scripts, dependencies, optionalDependencies, devDependencies, exports } = JSON.parse(
  readFileSync(join(ROOT, "package.json"), "utf8"),
) as Record<
  "scripts" | "dependencies" | "optionalDependencies" | "devDependencies" | "exports",
  Record<string, unknown>
>;

/** npm runs it by itself. */
const PRIVATE_SCRIPTS = ["prepack", "prepare"];
/** Variables of others that the README may speak of. */
const FOREIGN_ENV = ["CHROME_PATH", "NO_COLOR", "FORCE_COLOR", "CI"];
/** Flags of npm, git, docker and so on in the README's commands; ours are looked up in `--help`. */
const FOREIGN_COMMAND = /^(git|cd|curl|docker|node|npx (?!fairsplit|simulate)|wrk|apt-get|openssl|echo|export)\b/;

/** Flags of the programs that only the repository has: the benchmarks and the fault suite. */
const OWN_PARSERS_FLAGS = [
  "test/faults/command-line.ts",
  "bench/http.ts",
  "bench/visits.ts",
  "bench/calibrate.ts",
  "bench/tag.ts",
  "test/compat/run.mjs",
].flatMap((file) =>
  [...readFileSync(join(ROOT, file), "utf8").matchAll(/"?([a-z][a-z-]*)"?: \{ type: "(?:string|boolean)"/g)].map(
    ([, name]) => `--${name}`,
  ),
);

/** Everything that is set as code: fenced blocks line by line, and inline code. */
const blocks = [...TEXT.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].map(([, language = "", text = ""]) => ({
  language,
  text,
}));
const shellLines = blocks
  .filter(({ language }) => ["sh", "bash", "console", "shell"].includes(language))
  .flatMap(({ text }) => text.replaceAll("\\\n", " ").split("\n"))
  .map((line) => line.replace(/(^|\s)#.*$/, "").replace(/^\$ /, ""))
  .flatMap((line) => line.split(/&&|\||;/))
  .map((command) => command.trim().replace(/^(?:[A-Z_]+=\S+ +)+/, ""))
  .filter((command) => command !== "");
const proseOf = (text: string) => text.replace(/^ *```[\s\S]*?^ *```/gm, "");
const prose = proseOf(TEXT);
const inlineCode = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
const code = [...shellLines, ...inlineCode];

const unique = (found: Iterable<string>) => [...new Set(found)].sort();
/** Text that all of these documents share, by a pattern with one group. */
const found = (texts: readonly string[], pattern: RegExp) =>
  unique(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name = ""]) => name)));
const without = (all: readonly string[], known: Iterable<string>) => {
  const set = new Set(known);
  return all.filter((one) => !set.has(one));
};

async function helpOf(...command: string[]): Promise<string> {
  const log = vi.spyOn(console, "log").mockReturnValue();
  try {
    await runCli([...command, "--help"]);
    return log.mock.calls.flat().join("\n");
  } finally {
    log.mockRestore();
  }
}

const commands = async () => found([await helpOf()], /^ {2}fairsplit ([a-z-]+)/gm);
const subcommands = async (command: string) =>
  found([await helpOf(command)], new RegExp(`^ {2}fairsplit ${command} ([a-z]+)`, "gm"));
const flagsOf = async (...command: string[]) => found([await helpOf(...command)], /(?:^|[\s,])(--?[a-z][a-z-]*)/gm);

test("the documents are read: they have shell commands, inline code and links", () => {
  expect(shellLines.length).toBeGreaterThan(2);
  expect(inlineCode.length).toBeGreaterThan(30);
});

describe("what the documents mention exists", () => {
  test("npm scripts", () => {
    const mentioned = found(
      code,
      /\bnpm (?:run )?(?:-s )?((?!run\b|i\b|ci\b|install\b|pack\b|publish\b|exec\b)[a-z][\w:-]*)/g,
    );
    expect(mentioned).toContain("test");
    expect(without(mentioned, Object.keys(scripts)), "npm scripts that package.json does not have").toEqual([]);
  });

  test("commands of fairsplit", async () => {
    const mentioned = found(code, /\bfairsplit ([a-z]+(?:-[a-z]+)*)\b/g);
    expect(mentioned).toContain("serve");
    expect(without(mentioned, await commands()), "commands that fairsplit --help does not list").toEqual([]);
  });

  test("flags, each of the command that it is given to, or of any when it stands alone", async () => {
    const flags = new Map<string, string[]>();
    for (const command of await commands()) {
      flags.set(command, await flagsOf(command));
      for (const sub of await subcommands(command)) flags.set(`${command} ${sub}`, await flagsOf(command, sub));
    }
    for (const script of Object.keys(scripts)) if (!flags.has(script)) flags.set(script, OWN_PARSERS_FLAGS);
    flags.set("start", flags.get("demo") ?? []);
    const every = [...flags.values()].flat();
    const unknown = code
      .filter((line) => !FOREIGN_COMMAND.test(line) && !line.startsWith("<"))
      .flatMap((line) => {
        const [, command, sub] =
          /\b(?:fairsplit|npm(?: run)?(?: -s)?) ([a-z][a-z:]*)(?: ([a-z]+))?/.exec(line) ??
          /\b(simulate)\b/.exec(line) ??
          [];
        const known = flags.get(`${command} ${sub}`) ?? flags.get(command ?? "") ?? every;
        const ofNpm = /^npm .*?(?= -- |$)/.exec(line)?.[0] ?? "";
        return found([line.slice(ofNpm.length)], /(?:^|\s)(--?[a-z][a-z-]*)(?=[\s=,]|$)/g)
          .filter((flag) => !known.includes(flag))
          .map((flag) => `${flag} in "${line}"`);
      });
    expect(unknown, "flags that --help does not list").toEqual([]);
  });

  test("environment variables", () => {
    const mentioned = found(code, /\b([A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9])\b/g);
    const known = [...SETTINGS.map(({ env }) => env), ...SIMULATOR_ENV, ...FOREIGN_ENV];
    expect(without(mentioned, known), "variables that neither server nor simulator reads").toEqual([]);
  });

  test("routes", async () => {
    const demo = await openDemoApp();
    const routes = demo.app.routes.map(nameOf);
    await demo.close();
    const mentioned = found(code, /\b((?:GET|POST|PUT|DELETE|OPTIONS|HEAD) \/[^\s?`]*)/g);
    expect(mentioned).toContain("POST /events");
    const exists = (route: string) =>
      routes.some((known) => known.replace(/:\w+|<\w+>/g, "*") === route.replace(/:\w+|<\w+>/g, "*"));
    expect(
      mentioned.filter((route) => !exists(route)),
      "routes that the app does not have",
    ).toEqual([]);
  });

  test("package exports", () => {
    const mentioned = found([TEXT], /["'`]fairsplit\/([a-z-]+)["'`]/g);
    const known = Object.keys(exports).map((name) => name.replace("./", ""));
    expect(without(mentioned, known), "exports that package.json does not have").toEqual([]);
  });

  test.each([...DOCUMENTS])("files and pictures that are linked, and headings: %s", (file, text) => {
    const targets = [
      ...proseOf(text).matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g),
      ...proseOf(text).matchAll(/\b(?:src|href|srcset)="([^"]+)"/g),
    ].map(([, target = ""]) => target);
    const local = unique(targets).filter((target) => !/^[a-z]+:/i.test(target));
    const missing = local.filter((target) => {
      const [path = "", anchor] = target.replace(/\?.*$/, "").split("#");
      const linked = path === "" ? file : join(dirname(file), path);
      if (!existsSync(join(ROOT, linked))) return true;
      return anchor !== undefined && !anchorsOf(DOCUMENTS.get(linked) ?? "").includes(anchor);
    });
    expect(missing, "links that lead nowhere").toEqual([]);
  });

  test("folders and files that are named as code", () => {
    const paths = found(
      inlineCode,
      /^((?:core|tag|server|simulate|cli|demo-pages|test|bench|deploy|docs)\/[\w./-]*)$/g,
    );
    expect(paths.length).toBeGreaterThan(3);
    expect(
      paths.filter((path) => !existsSync(join(ROOT, path))),
      "paths that are not there",
    ).toEqual([]);
  });
});

describe("what exists is in the documents", () => {
  test.each(SETTINGS.map(({ env, flag }) => [env, flag]))("the setting %s and its flag --%s", (env, flag) => {
    expect(inlineCode, `\`${env}\``).toContain(env);
    expect(inlineCode, `\`--${flag}\``).toContain(`--${flag}`);
  });

  test("the variables that the simulator reads", () => {
    expect(without([...SIMULATOR_ENV], inlineCode)).toEqual([]);
  });

  test("every npm script that is for people", () => {
    const mentioned = found(code, /\bnpm (?:run )?(?:-s )?([a-z][\w:-]*)/g);
    expect(without(Object.keys(scripts), [...mentioned, ...PRIVATE_SCRIPTS]), "npm scripts").toEqual([]);
  });

  test("every command of fairsplit", async () => {
    expect(
      without(await commands(), found(code, /\bfairsplit ([a-z]+(?:-[a-z]+)*)\b/g)),
      "commands of fairsplit",
    ).toEqual([]);
  });

  test("every route of the server but those of the demo", async () => {
    const demo = await openDemoApp();
    const routes = unique(demo.app.routes.map(nameOf));
    await demo.close();
    const mentioned = found(code, /\b((?:GET|POST|PUT|DELETE) \/[^\s?`]*)/g);
    const isOurs = (route: string) =>
      /^(GET|POST|PUT|DELETE) \/(?!demo\/|admin\.(css|js)|$)/.test(route) && !route.includes("*");
    expect(without(routes.filter(isOurs), mentioned), "routes").toEqual([]);
  });

  test("every dependency, in a line that says why", () => {
    const section =
      /^## Dependencies\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(DOCUMENTS.get("CONTRIBUTING.md") ?? "")?.[1] ?? "";
    const explained = section
      .split("\n")
      .flatMap((line) => (/^[-|*] *`([^`]+)`.{15,}/.exec(line)?.[1] ?? []) as string[]);
    const all = [dependencies, optionalDependencies, devDependencies]
      .flatMap(Object.keys)
      .filter((name) => !name.startsWith("@types/"));
    expect(without(all, explained), "dependencies without a line under ## Dependencies").toEqual([]);
    expect(without(explained, all), "lines under ## Dependencies that package.json does not have").toEqual([]);
  });
});

test("what the README shows of analyze is what its page begins with", () => {
  const first = (text: string) => /^```sh\n([\s\S]*?)^```/m.exec(text)?.[1];
  const readme = DOCUMENTS.get("README.md") ?? "";
  expect(first(DOCUMENTS.get("docs/analyze.md") ?? "")).toBe(first(readme.slice(readme.indexOf("## Analyze"))));
});

test("documents with the command of the package say that it must be published", () => {
  const using = [...DOCUMENTS].filter(([, text]) => /npx (?:--yes )?fairsplit/.test(text));
  expect(using.length).toBeGreaterThan(3);
  const silent = using.filter(([file, text]) => !text.includes("install.md#the-package") && file !== "docs/install.md");
  expect(silent.map(([file]) => file)).toEqual([]);
  expect(DOCUMENTS.get("docs/install.md")).toMatch(
    /`npx fairsplit`.* need the package to be published under that name/,
  );
});

test("the README is read in one sitting", () => {
  expect(DOCUMENTS.get("README.md")?.split("\n").length).toBeLessThanOrEqual(MAX_README_LINES);
});

test.each([...DOCUMENTS])("a table of contents lists every section: %s", (_, text) => {
  const sections = headingsOf(text, /^## (.+)$/gm).map(anchorOf);
  if (sections.length < MIN_HEADINGS_FOR_CONTENTS) return;
  const contents = found([text.slice(0, text.search(/^## /m))], /^- \[[^\]]+\]\(#([^)]+)\)/gm);
  expect(contents).toEqual(unique(sections));
});

test("the architecture has a line for every folder, and for every one of the server's", () => {
  const page = DOCUMENTS.get("docs/ARCHITECTURE.md") ?? "";
  const folders = (path: string) =>
    readdirSync(join(ROOT, path), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$|dist$|data$)/.test(entry.name))
      .map(({ name }) => `${name}/`);
  const named = found([page], /^\|(.*?)\|/gm).flatMap((cell) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  expect(without([...folders("."), ...folders("server")], named as string[])).toEqual([]);
});

/** A route as the documents call it: the hash of the tag is another one with each build. */
function nameOf({ method, path }: { method: string; path: string }): string {
  return `${method} ${path.replace(/^\/(tag|parts|tag-more)\.[0-9a-f]{8}\.js$/, "/$1.<hash>.js")}`;
}

function headingsOf(text: string, pattern: RegExp): string[] {
  return [...proseOf(text).matchAll(pattern)].map(([, heading = ""]) => heading);
}

function anchorsOf(text: string): string[] {
  return headingsOf(text, /^#+ (.+)$/gm).map(anchorOf);
}

/** The anchor that GitHub makes of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
}
