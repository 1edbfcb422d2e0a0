import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { type RehearsalRunner, type RunnerSettings, rehearsalRunner } from "../../../server/rehearsals/runner.ts";
import { inactive, openApp, temporaryFolder } from "../rig/open-app.ts";

const KEY = "headline_test";
const ORDER = { key: KEY, page: "https://www.example.com/", goals: ["purchase=/thanks"] };

/** A runner of a program that is this script. */
async function runnerOf(script: string, settings: Partial<RunnerSettings> = {}) {
  const folder = await temporaryFolder();
  const program = join(folder, "program.mjs");
  await writeFile(program, `import { writeFileSync } from "node:fs";\n${script}`);
  const runner = rehearsalRunner({
    program: pathToFileURL(program),
    server: () => "http://127.0.0.1:5000",
    token: "a-secret-token",
    onlyPublicBut: ["http://staging.lan:8080"],
    ...settings,
  });
  onTestFinished(() => runner.stop());
  return { runner, folder };
}

const ended = (runner: RehearsalRunner) => expect.poll(() => runner.running()).toBeNull();

describe("a runner", () => {
  test("starts one rehearsal at a time, with the token in the environment alone", async () => {
    const told = join(await temporaryFolder(), "told.json");
    const { runner } = await runnerOf(
      `writeFileSync(${JSON.stringify(told)}, JSON.stringify([process.argv.slice(2), process.env.FAIRSPLIT_ADMIN_TOKEN]));`,
    );
    expect(runner.start(ORDER)).toBe(true);
    expect(runner.running()).toMatchObject(ORDER);
    expect(runner.start(ORDER)).toBe(false);
    await ended(runner);
    const [args, token] = JSON.parse(await readFile(told, "utf8"));
    expect(args).toEqual([
      "simulate",
      "rehearse",
      KEY,
      "--url=https://www.example.com/",
      "--server=http://127.0.0.1:5000",
      "--quiet",
      "--goal=purchase=/thanks",
      "--only-public",
      "--allow-origins=http://staging.lan:8080",
    ]);
    expect(token).toBe("a-secret-token");
    expect(runner.problem(KEY)).toBeNull();
    expect(runner.start(ORDER)).toBe(true);
  });

  test.each([
    [0, "", null],
    [1, "", null],
    [2, "fairsplit: --url is at 10.0.0.1", "--url is at 10.0.0.1"],
    [3, "", "it ended with exit code 3"],
  ])("says of exit code %i, with “%s” on stderr, that the problem is %s", async (code, words, problem) => {
    const { runner } = await runnerOf(`process.stderr.write(${JSON.stringify(words)}); process.exitCode = ${code};`);
    runner.start(ORDER);
    await ended(runner);
    expect(runner.problem(KEY)).toBe(problem);
  });

  test("ends what is under way when it is stopped", async () => {
    const { runner } = await runnerOf("setInterval(() => undefined, 1000);");
    runner.start(ORDER);
    runner.stop();
    await ended(runner);
    expect(runner.problem(KEY)).toContain("it ended");
  });
});

describe("the button", () => {
  const PAGE = { accept: "text/html" };
  const post = (app: Awaited<ReturnType<typeof openApp>>["app"], fields: Record<string, string>) =>
    app.request(`/experiments/${KEY}/rehearse`, { method: "POST", body: new URLSearchParams(fields) });

  test("is there where a browser is, and orders what the form says", async () => {
    const orders: unknown[] = [];
    let isBusy = false;
    const running = () => (isBusy ? { ...ORDER, startedAt: "2026-01-31T12:00:00.000Z" } : null);
    const start = (order: unknown) => !isBusy && orders.push(order) > 0;
    const runner = { running, problem: () => "no way there", start, stop: () => undefined };
    const { app } = await openApp([inactive(KEY)], { runner });
    const page = async () => (await app.request(`/experiments/${KEY}`, { headers: PAGE })).text();
    expect(await page()).toMatch(/Rehearse now/);
    expect(await page()).toContain("no way there");
    const sent = await post(app, { page: " https://www.example.com/a?b=1 ", goals: "purchase=/thanks\r\n\r\nx=skip" });
    expect([sent.status, sent.headers.get("location")]).toEqual([303, `/experiments/${KEY}#rehearsal`]);
    expect(orders).toEqual([
      { key: KEY, page: "https://www.example.com/a?b=1", goals: ["purchase=/thanks", "x=skip"] },
    ]);
    isBusy = true;
    expect(await page()).toContain("is under way since");
    expect(await page()).not.toContain("Rehearse now");
    expect((await post(app, { page: "https://www.example.com/" })).status).toBe(409);
  });

  test.each([
    ["no address", { page: "" }, 422],
    ["another scheme", { page: "file:///etc/passwd" }, 422],
    ["a name and a password", { page: "https://a:b@example.com/" }, 422],
    ["a goal that says nothing", { page: "https://example.com/", goals: "purchase" }, 422],
    ["no browser", { page: "https://example.com/" }, 409],
  ])("refuses %s", async (_, fields, status) => {
    const { app } = await openApp([inactive(KEY)]);
    expect((await post(app, fields as unknown as Record<string, string>)).status).toBe(status);
    const page = await (await app.request(`/experiments/${KEY}`, { headers: PAGE })).text();
    expect(page).not.toContain("Rehearse now");
  });
});
