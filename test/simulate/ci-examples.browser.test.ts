import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { PROGRAM, ROOT, start } from "../server/rig/built-program.ts";
import { temporaryFolder } from "../server/rig/open-app.ts";

/** Blocks of the documents' YAML that name a command or an action of ours. */
let examples: unknown[];
let action: Action;

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string; readonly description: string }>>;
  readonly runs: {
    readonly using: string;
    readonly steps: readonly {
      readonly run?: string;
      readonly shell?: string;
      readonly if?: string;
      readonly uses?: string;
      readonly env?: Readonly<Record<string, string>>;
      readonly with?: Readonly<Record<string, string>>;
    }[];
  };
}

beforeAll(async () => {
  const [page, own] = await Promise.all(
    ["docs/simulate.md", "action.yml"].map((name) => readFile(join(ROOT, name), "utf8")),
  );
  examples = [...(page ?? "").matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block]) => parse(block ?? ""));
  action = parse(own ?? "") as Action;
});

/**
 * Runs a step's script in an empty folder, as the runner does. The package comes from this
 * checkout: a stand-in for npx takes the version, and counts fewer visits.
 */
async function ran(script: string, env: Readonly<Record<string, string>> = {}, shell = ["bash", "-eo", "pipefail"]) {
  const folder = await temporaryFolder();
  const npx = `#!/usr/bin/env bash
[ "$1" != --yes ] || shift
[[ "$1" =~ ^fairsplit(@[a-z0-9.]+)?$ ]] || { echo "npx: no package $1" >&2; exit 99; }
shift
exec ${JSON.stringify(process.execPath)} ${JSON.stringify(PROGRAM)} "\${@/#1000/20}"
`;
  const bin = await temporaryFolder();
  await writeFile(join(bin, "npx"), npx, { mode: 0o755 });
  await writeFile(join(bin, "script"), script);
  const [program = "", ...flags] = shell;
  const child = spawn(program, [...flags, join(bin, "script")], {
    cwd: folder,
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, stdout, stderr, file: (name: string) => join(folder, name) };
}

describe("action.yml", () => {
  /** Runs its step with inputs, in the variables that GitHub would fill. */
  const act = async (inputs: Readonly<Record<string, string>>) => {
    const [step] = action.runs.steps;
    const given = {
      ...Object.fromEntries(Object.entries(action.inputs).map(([name, one]) => [name, one.default])),
      ...inputs,
    };
    const env = Object.fromEntries(
      Object.entries(step?.env ?? {}).map(([name, value]) => [
        name,
        value.replace(/\$\{\{ inputs\.(\w+) \}\}/g, (_, input) => given[input] ?? expect.fail(`no input is ${input}`)),
      ]),
    );
    const summary = join(await temporaryFolder(), "summary.md");
    await writeFile(summary, "");
    const result = await ran(step?.run ?? "", { ...env, GITHUB_STEP_SUMMARY: summary });
    return { ...result, summary: await readFile(summary, "utf8") };
  };
  const uploaded = () => (action.runs.steps[1]?.with?.path ?? "").trim().split("\n");

  test("passes, with a summary and all files that it uploads", async () => {
    const { code, stdout, summary, file } = await act({ visits: "20", seed: "a 'b' $(exit 9)" });
    expect(code).toBe(0);
    expect(stdout).not.toContain("::error");
    expect(summary).toContain("## ✅ fairsplit simulate: All checks passed");
    expect(action.runs.steps[1]).toMatchObject({
      if: "always()",
      uses: expect.stringMatching(/^actions\/upload-artifact@v\d+$/),
    });
    expect(uploaded()).toEqual(["fairsplit.xml", "fairsplit.html"]);
    for (const name of uploaded()) expect([name, existsSync(file(name))]).toEqual([name, true]);
  });

  test("fails with annotations, a summary and the files where a check fails", async () => {
    const { base } = await start(["demo", "--port", "0", "--data", await temporaryFolder()]);
    const site = createServer((_, response) => {
      response.setHeader("content-type", "text/html");
      response.end(`<!doctype html><link rel="icon" href="data:,"><script src="${base}/tag.js"></script>
        <div data-exp="headline_test"><template data-group="Future">F</template><template data-group="Journey">J</template></div>
        <script>throw new Error("broken on purpose")</script>`);
    });
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      site.closeAllConnections();
      site.close();
    });
    const page = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
    const { code, stdout, summary, file } = await act({ visits: "5", url: base, page });
    expect([code, stdout]).toEqual([1, expect.stringContaining("::error title=fairsplit errors::5 of 5 visits")]);
    expect(summary).toContain("## ❌ fairsplit simulate: Failed");
    expect(await readFile(file("fairsplit.xml"), "utf8")).toContain("broken on purpose");
    expect(await readFile(file("fairsplit.html"), "utf8")).toContain("<h1>Failed</h1>");
  });

  test("ends with 2 and 3 for bad inputs and servers that do not answer", async () => {
    expect((await act({ visits: "0" })).code).toBe(2);
    expect((await act({ url: "http://127.0.0.1:1", token: "secret" })).code).toBe(3);
  });
});

test("the workflow's step uses the action with inputs that it has", () => {
  const [step] = examples.flatMap((one) => (one as { steps?: Record<string, unknown>[] }).steps ?? []);
  expect(step?.uses).toMatch(/^fairsplit\/fairsplit@\w+$/);
  for (const input of Object.keys(step?.with as object)) expect(Object.keys(action.inputs)).toContain(input);
});

test("the job of GitLab passes, and writes the report that it names", async () => {
  const { simulate: job } = examples.find((one) => typeof one === "object" && one !== null && "simulate" in one) as {
    simulate: {
      image: string;
      before_script: string;
      script: string;
      artifacts: { when: string; reports: { junit: string } };
    };
  };
  expect(job.artifacts.when).toBe("always");
  // Its image has no browser.
  expect(job.before_script).toMatch(/^apt-get update .* && apt-get install -y .*chromium-headless-shell$/);
  const { code, stdout, file } = await ran(job.script, {}, ["sh", "-e"]);
  expect([code, stdout]).toEqual([0, expect.stringContaining("20 visits")]);
  expect(await readFile(file(job.artifacts.reports.junit), "utf8")).toContain("<testsuites");
});
