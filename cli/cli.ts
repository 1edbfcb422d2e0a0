import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import yargs, { type Argv, type Options as YargsOption } from "yargs";
import { DEFAULT_SETTINGS } from "../core/settings.ts";
import { readConfig, SETTINGS } from "../server/config.ts";
import { NotASegment } from "../server/events/segments.ts";
import { BadConfig } from "../server/files/bad-config.ts";
import { CannotLock } from "../server/files/data-lock.ts";
import { CannotListen } from "../server/http/listening.ts";
import type { Mode } from "../server/main.ts";
import { CorruptRegistry } from "../server/registry/experiments-file.ts";
import { NothingToErase } from "../server/retention/nothing-to-erase.ts";
import { BadBrowserPath, findBrowser } from "../simulate/browser.ts";
import { DRILL_OPTIONS, parseDrillOptions } from "../simulate/drill/options.ts";
import { EnvironmentMissing } from "../simulate/environment.ts";
import { MERGE_OPTIONS, parseMergeOptions, parseOptions, SIMULATE_OPTIONS } from "../simulate/options.ts";
import { PROOF_OPTIONS, parseProofOptions } from "../simulate/proof/options.ts";
import { parseRehearseOptions, REHEARSE_OPTIONS } from "../simulate/rehearse/options.ts";
import { UsageError } from "../simulate/usage-error.ts";
import { ANALYZE_OPTIONS, parseAnalyzeOptions } from "./analyze/options.ts";
import { ARCHIVE_OPTIONS, runArchive } from "./archive.ts";
import { DOCTOR_OPTIONS } from "./doctor/options.ts";
import { DELETE_OPTIONS, ERASE_OPTIONS, runDeleteExperiment, runForgetUnit } from "./erase.ts";
import { GENERATE_OPTIONS, parseGenerateOptions } from "./generate/options.ts";
import { IMPORT_KINDS, IMPORT_OPTIONS } from "./import/options.ts";
import { expectClosedOutput } from "./output-streams.ts";
import { NothingToRestore, parseRestoreOptions, RESTORE_OPTIONS, runRestore } from "./restore.ts";

/** Exit codes, as documented. */
const EXIT = { usage: 2, environment: 3, invalidData: 78 } as const;

const DEMO_OPTIONS = {
  original: { type: "boolean", describe: "the last stage of the original demo at /, in its own terms" },
} as const;

const EXAMPLES = {
  simulate: "fairsplit simulate -n 1000 --seed 1",
  serve: "fairsplit serve --data ./data --port 8080",
  demo: "fairsplit demo --port 5000",
  doctor: "fairsplit doctor --url https://www.example.com/",
  restore: "fairsplit restore ./data --from 2",
  verify: "fairsplit verify ./data",
  "forget-unit": "fairsplit forget-unit 0123456789abcdef0123456789abcdef --data ./data",
  "delete-experiment": "fairsplit delete-experiment headline_test --with-events --data ./data",
  archive: "fairsplit archive --before 2026-01-01 --to /mnt/archive --data ./data",
  import: "fairsplit import proctor matrix.json --data ./data",
  analyze: "fairsplit analyze events.csv",
  generate: "fairsplit generate --visitors 20000 --effect checkout.B.confirmation=+20% --output log.ndjson",
} as const;

/**
 * Put before arguments that are no flags while yargs parses them: it drops a dash from a list, and
 * all that follows `--`. No argument contains NUL.
 */
const NO_FLAG = "\0";

/** Runs one command line (without `node` and the script) and sets the process's exit code. */
export async function runCli(args: readonly string[]): Promise<void> {
  expectClosedOutput(EXIT.environment);
  try {
    await parser(args).parseAsync();
  } catch (error) {
    process.exitCode = exitCode(error);
    if (process.exitCode === 1) throw error;
    const example = Object.entries(EXAMPLES).find(([command]) => command === args[0])?.[1] ?? EXAMPLES.simulate;
    const { message } = error as Error;
    const end = /[.?!]$/.test(message) ? "" : ".";
    const hint = process.exitCode === EXIT.usage ? `${end} For example: ${example}` : "";
    process.stderr.write(`fairsplit: ${message}${hint}\n`);
  }
}

function exitCode(error: unknown): number {
  if (error instanceof UsageError || error instanceof BadConfig || error instanceof BadBrowserPath) return EXIT.usage;
  if (error instanceof EnvironmentMissing || error instanceof CannotListen || error instanceof CannotLock)
    return EXIT.environment;
  if (
    error instanceof CorruptRegistry ||
    error instanceof NothingToRestore ||
    error instanceof NothingToErase ||
    error instanceof NotASegment
  )
    return EXIT.invalidData;
  return 1;
}

function parser(args: readonly string[]) {
  const server = (mode: Mode, describe: string) =>
    ({
      command: mode,
      describe,
      builder: (command: Argv) =>
        command.options({ ...settingOptions(), ...(mode === "demo" ? DEMO_OPTIONS : {}) }).example(exampleRows(mode)),
      handler: async (flags: Record<string, unknown>) => {
        const config = readConfig(flags, process.env);
        // Loaded on demand: nothing else needs the server, which is most of the program.
        const { main } = await import("../server/main.ts");
        await main(mode, config, flags.original === true, hasBrowser);
      },
    }) as const;
  return yargs(withoutFlags(args))
    .scriptName("fairsplit")
    .middleware(withDashes)
    .middleware(refuseWords(args))
    .command(server("serve", "run the server"))
    .command(server("demo", "run the server with its demo pages, on loopback and without login"))
    .command({
      command: "simulate",
      describe: "send real-browser visits through the real tag and check what comes out",
      builder: (command) =>
        command
          .command({
            command: "proof",
            describe: "assign a million seeded IDs and prove split, independence and stickiness",
            builder: (proof) =>
              proof.options(PROOF_OPTIONS).example("fairsplit simulate proof -n 1e6 --output proof.json", ""),
            handler: async (flags) => {
              const options = parseProofOptions(flags);
              const { demoExperiments } = await import("../server/demo/demo-experiments.ts");
              const { DEFINED_AT, readDefinitions } = await import("./experiment-definitions.ts");
              const definitions =
                options.experiments === null
                  ? { experiments: demoExperiments(DEFINED_AT), settings: DEFAULT_SETTINGS }
                  : await readDefinitions("experiments", options.experiments);
              const { prove } = await import("../simulate/proof/main.ts");
              process.exitCode = await prove(definitions, version(), options);
            },
          })
          .command({
            command: "rehearse <experiment>",
            describe: "before the start: visit the real page as every group, and check all that could go wrong",
            builder: (rehearse) =>
              rehearse
                .positional("experiment", { type: "string", demandOption: true, describe: "its key" })
                .options(REHEARSE_OPTIONS)
                .example(
                  "fairsplit simulate rehearse headline_test --url https://www.example.com/ --server https://ab.example.com --html report.html",
                  "",
                ),
            handler: async (flags) => {
              const options = parseRehearseOptions(flags, process.env);
              // The browser visits pages of others, and has no use for it.
              delete process.env.FAIRSPLIT_ADMIN_TOKEN;
              const { rehearse } = await import("../simulate/rehearse/main.ts");
              process.exitCode = await rehearse(options);
            },
          })
          .command({
            command: "merge <reports..>",
            describe: "add the JSON reports of a run's shards, and check the whole",
            builder: (merged) =>
              merged
                .positional("reports", { type: "string", array: true, demandOption: true, describe: "JSON reports" })
                .options(MERGE_OPTIONS)
                .example("fairsplit simulate merge shard-1.json shard-2.json", ""),
            handler: async (flags) => {
              const { merge } = await import("../simulate/main.ts");
              process.exitCode = await merge(flags.reports as string[], parseMergeOptions(flags));
            },
          })
          .command({
            command: "drill",
            describe: "break a server during visits: kill, slow, errors, block, cut, full; and count what arrives",
            builder: (drill) =>
              drill.options(DRILL_OPTIONS).example("fairsplit simulate drill --faults kill,block", ""),
            handler: async (flags) => {
              const options = parseDrillOptions(flags);
              const { drill } = await import("../simulate/drill/main.ts");
              process.exitCode = await drill(options);
            },
          })
          .options(ownOptions(SIMULATE_OPTIONS))
          .example(exampleRows("simulate")),
      handler: async (flags) => {
        const options = parseOptions(flags, process.env, () => randomBytes(4).toString("hex"));
        // Loaded on demand: a server needs neither the simulator nor playwright.
        const { simulate } = await import("../simulate/main.ts");
        process.exitCode = await simulate(options, version());
      },
    })
    .command({
      command: "doctor",
      describe: "examine machine, data folder, port, and whether the tag can work on a site",
      builder: (command) =>
        command
          .options({ ...settingOptions((flag) => ["data", "host", "port"].includes(flag)), ...DOCTOR_OPTIONS })
          .example(exampleRows("doctor")),
      handler: async (flags) => {
        const { data, host, port } = readConfig(flags, process.env);
        const options = { data, host, port, url: (flags.url as string) ?? null, json: flags.json === true };
        const { doctor } = await import("./doctor/doctor.ts");
        process.exitCode = await doctor(options, (text) => process.stdout.write(text));
      },
    })
    .command({
      command: "restore [folder]",
      describe: "list the backups of the experiments, and go back to one when their file is damaged",
      builder: (command) =>
        command
          .positional("folder", { type: "string", describe: "the data folder, also --data" })
          .options({ ...settingOptions((flag) => flag === "data"), ...RESTORE_OPTIONS })
          .example(exampleRows("restore")),
      handler: (flags) => runRestore(parseRestoreOptions(flags, process.env), (line) => console.log(line)),
    })
    .command({
      command: "verify <data>",
      describe: "recount the data folder of a stopped server, and name what contradicts the rest",
      builder: (command) =>
        command
          .positional("data", { type: "string", demandOption: true, describe: "the data folder" })
          .option("json", { type: "boolean", default: false, describe: "print one JSON document" })
          .example(exampleRows("verify")),
      handler: async ({ data, json }) => {
        const { verify } = await import("../server/verify/verify.ts");
        const { describeVerification } = await import("../server/verify/describe.ts");
        const verification = await verify(data);
        process.stdout.write(json ? `${JSON.stringify(verification)}\n` : describeVerification(verification));
        process.exitCode = verification.ok ? 0 : 1;
      },
    })
    .command({
      command: "forget-unit <id>",
      describe: "take a device or an account out of the data folder of a stopped server",
      builder: (command) =>
        command
          .positional("id", { type: "string", demandOption: true, describe: "its id" })
          .options(ERASE_OPTIONS)
          .example(exampleRows("forget-unit")),
      handler: (flags) => runForgetUnit(flags, process.env),
    })
    .command({
      command: "archive",
      describe: "move the oldest segments of a stopped server's event log to another folder",
      builder: (command) => command.options(ARCHIVE_OPTIONS).example(exampleRows("archive")),
      handler: (flags) => runArchive(flags, process.env),
    })
    .command({
      command: "delete-experiment <key>",
      describe: "delete an experiment of a stopped server, and its events",
      builder: (command) =>
        command
          .positional("key", { type: "string", demandOption: true, describe: "its key" })
          .options(DELETE_OPTIONS)
          .example(exampleRows("delete-experiment")),
      handler: (flags) => runDeleteExperiment(flags, process.env),
    })
    .command({
      command: "import <kind> <file>",
      describe: "take experiments and assignments of another system into the data folder of a stopped server",
      builder: (command) =>
        command
          .positional("kind", { choices: IMPORT_KINDS, demandOption: true, describe: "what wrote the file" })
          .positional("file", { type: "string", demandOption: true, describe: "the file" })
          .options(IMPORT_OPTIONS)
          .example(exampleRows("import")),
      handler: async (flags) => {
        const { runImport } = await import("./import/import.ts");
        await runImport(flags, process.env, (line) => console.log(line));
      },
    })
    .command({
      command: "analyze <files..>",
      describe: "report the experiments of event logs, tables of visitors (NDJSON, CSV, Parquet) or a data folder",
      builder: (command) =>
        command
          .positional("files", { type: "string", array: true, demandOption: true, describe: "files, and data folders" })
          .options(ANALYZE_OPTIONS)
          .example(exampleRows("analyze")),
      handler: async (flags) => {
        const options = parseAnalyzeOptions(flags);
        // Loaded on demand: it brings the pages and the engine.
        const { analyze } = await import("./analyze/analyze.ts");
        const { withQuestions } = await import("./analyze/interactive.ts");
        const run = (asked: typeof options) => analyze(asked, (text) => process.stdout.write(text));
        const isAsked = options.isInteractive && process.stdin.isTTY;
        process.exitCode = await (isAsked
          ? withQuestions(flags, { input: process.stdin, output: process.stderr }, run)
          : run(options));
      },
    })
    .command({
      command: "generate",
      describe: "write the event log of a simulated shop, with experiments whose effects are known",
      builder: (command) => command.options(GENERATE_OPTIONS).example(exampleRows("generate")),
      handler: async (flags) => {
        const options = parseGenerateOptions(flags);
        // Loaded on demand: Parquet brings the engine.
        const { generate } = await import("./generate/generate.ts");
        const { events, visits } = await generate(options);
        const [of, from] = [events.toLocaleString("en"), visits.toLocaleString("en")];
        process.stderr.write(`generated ${of} events of ${from} visits, seed ${options.seed}\n`);
      },
    })
    .demandCommand(1, `Missing command. Use one of ${Object.keys(EXAMPLES).sort().join(", ")}`)
    .strict()
    .parserConfiguration({ "camel-case-expansion": false, "boolean-negation": false })
    .version(version())
    .recommendCommands()
    .completion(
      "completion",
      "print a script that completes commands in bash or zsh: fairsplit completion >> ~/.bashrc",
    )
    .example(exampleRows())
    .exitProcess(false)
    .fail((message, error) => {
      // yargs reports a flag without its value as an error of its own.
      if (error && error.name !== "YError") throw error;
      throw new UsageError(inPlainWords(error?.message ?? message, args));
    });
}

/** Marks a dash, and what follows `--`: an ID may begin with a dash. */
function withoutFlags(args: readonly string[]): string[] {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const marked = (arg: string) => (arg.startsWith("-") ? NO_FLAG + arg : arg);
  return [...args.slice(0, end).map((arg) => (arg === "-" ? marked(arg) : arg)), ...args.slice(end + 1).map(marked)];
}

/** Refuses `--strict=yes`, which yargs takes for no, as every value but "true". */
function refuseWords(args: readonly string[]) {
  return (flags: Record<string, unknown>): void => {
    for (const [name, value] of Object.entries(flags)) {
      const flag = name.length === 1 ? `-${name}` : `--${name}`;
      const given = value === false ? args.find((arg) => arg.startsWith(`${flag}=`)) : undefined;
      const word = given?.slice(flag.length + 1) ?? "false";
      if (word !== "false") throw new UsageError(`${flag} is "${word}": allowed is the flag alone, or true or false`);
    }
  };
}

/** Takes the marks off again, from lists and from single values. */
function withDashes(flags: Record<string, unknown>): void {
  const back = (value: unknown) => (typeof value === "string" && value.startsWith(NO_FLAG) ? value.slice(1) : value);
  for (const [name, value] of Object.entries(flags)) flags[name] = Array.isArray(value) ? value.map(back) : back(value);
}

/** yargs counts a command's missing argument among its "non-option arguments". */
function inPlainWords(message: string, [command, of]: readonly string[]): string {
  if (!message.startsWith("Not enough non-option arguments")) return message;
  if (command === "simulate") return of === "merge" ? "Which reports of shards?" : "Which experiment?";
  const wanted = new Map([
    ["analyze", "file"],
    ["forget-unit", "id"],
    ["delete-experiment", "experiment"],
  ]);
  return `Which ${wanted.get(command ?? "") ?? "data folder"}?`;
}

function version(): string {
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
}

/** Examples of one command, or of all. */
function exampleRows(command?: keyof typeof EXAMPLES): [example: string, description: string][] {
  return (command ? [EXAMPLES[command]] : Object.values(EXAMPLES)).map((example) => [example, ""]);
}

/** Whether rehearsals can be run; a wrong FAIRSPLIT_BROWSER must not stop a server. */
function hasBrowser(): boolean {
  try {
    return findBrowser() !== undefined;
  } catch {
    return false;
  }
}

/** Options of a command that those below it do not have. */
function ownOptions(options: Readonly<Record<string, YargsOption>>): Record<string, YargsOption> {
  return Object.fromEntries(Object.entries(options).map(([flag, option]) => [flag, { ...option, global: false }]));
}

function settingOptions(isOffered = (_flag: string) => true): Record<string, YargsOption> {
  return Object.fromEntries(
    SETTINGS.filter(({ flag }) => isOffered(flag)).map(({ flag, env, describe, default: fallback }) => [
      flag,
      { type: "string", requiresArg: true, describe: `${describe} [${env}${fallback && `, default ${fallback}`}]` },
    ]),
  );
}
