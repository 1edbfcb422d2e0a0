import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { runCli } from "../../cli/cli.ts";
import { SETTINGS } from "../../server/config.ts";

/**
 * Errors before anything starts can be tested without a process; test/server/main.test.ts
 * has the others.
 */
let stderr: MockInstance<typeof process.stderr.write>;
let stdout: MockInstance<typeof console.log>;

beforeEach(() => {
  stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  stdout = vi.spyOn(console, "log").mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
});

describe("bad usage is exit 2 with one line that says what is allowed and gives an example", () => {
  test.each<[args: string[], env: Record<string, string>, message: string]>([
    [
      [],
      {},
      "Missing command. Use one of analyze, archive, delete-experiment, demo, doctor, forget-unit, generate, import, restore, serve, simulate, verify. For example: fairsplit simulate ",
    ],
    [["bogus"], {}, "Unknown argument: bogus. For example: fairsplit simulate "],
    [["serve", "--bogus", "1"], {}, "Unknown argument: bogus. For example: fairsplit serve "],
    [["demo", "--bogus", "1"], {}, "Unknown argument: bogus. For example: fairsplit demo "],
    [["serve", "extra"], {}, "Unknown argument: extra. For example: fairsplit serve "],
    [["serve", "--port"], {}, "Not enough arguments following: port"],
    [["serve", "--port", "-1"], {}, 'port is "-1": allowed are whole numbers from 0 to 65535'],
    [["demo", "--port", "abc"], {}, 'port is "abc": allowed are whole numbers from 0 to 65535'],
    [["serve", "--port", "1", "--port", "2"], {}, "--port is given 2 times: allowed is once"],
    [["serve", "--data", "a", "--data", "b"], {}, "--data is given 2 times: allowed is once"],
    [["verify"], {}, "Which data folder? For example: fairsplit verify "],
    [["analyze"], {}, "Which file? For example: fairsplit analyze "],
    [["analyze", "a.csv", "--dates", "year"], {}, '--dates is "year": allowed are day, month'],
    [["verify", "/dev/null"], {}, '"/dev/null" is not a data folder: allowed is one with a folder events'],
    [["verify", "a", "b"], {}, "Unknown argument: b. For example: fairsplit verify "],
    [["serve", "--no-port"], {}, "Unknown argument: no-port"],
    [["demo", "--host", "0.0.0.0"], {}, 'host is "0.0.0.0": the demo has no login, allowed is a loopback address'],
    [["demo", "--host", "::"], {}, 'host is "::": the demo has no login'],
    [["serve", "--admin-token", "short"], {}, "the admin token has 5 characters: allowed are 24 or more"],
    [["serve"], { FAIRSPLIT_PROT: "1" }, "FAIRSPLIT_PROT is not a setting: allowed are FAIRSPLIT_HOST"],
    [["serve"], { FAIRSPLIT_PORT: "http" }, 'port is "http": allowed are whole numbers from 0 to 65535'],
  ])("%j with %j", async (args, env, message) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    await runCli(args);
    expect(process.exitCode).toBe(2);
    expect(stdout).not.toHaveBeenCalled();
    expect(stderr).toHaveBeenCalledOnce();
    expect(stderr.mock.lastCall?.[0]).toContain(`fairsplit: ${message}`);
    expect(stderr.mock.lastCall?.[0]).toMatch(/^[^\n]+[.?] For example: fairsplit [^\n]+\n$/);
  });
});

test.each([
  "serve",
  "demo",
])("%s --help lists every setting with its flag, its variable and its default", async (command) => {
  await runCli([command, "--help"]);
  expect(process.exitCode).toBeUndefined();
  const help = stdout.mock.calls.flat().join("\n").replace(/\s+/g, " ");
  for (const { flag, env, default: fallback } of SETTINGS) {
    expect(help).toContain(`--${flag} `);
    expect(help).toContain(fallback === "" ? `[${env}]` : `[${env}, default ${fallback}]`);
  }
});

test("--help names every command", async () => {
  await runCli(["--help"]);
  const help = stdout.mock.calls.flat().join("\n");
  for (const command of ["serve", "demo", "simulate", "verify", "restore"])
    expect(help).toMatch(new RegExp(`^  fairsplit ${command} `, "m"));
});

test.each([
  "analyze",
  "demo",
  "generate",
  "restore",
  "serve",
  "simulate",
  "verify",
])("%s --help ends with an example", async (command) => {
  await runCli([command, "--help"]);
  expect(stdout.mock.calls.flat().join("\n")).toMatch(new RegExp(`\nExamples:\n  fairsplit ${command}\\b`));
});
