import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SESSION_LIMITS } from "../../../server/auth/sessions.ts";
import { openSavedSessions } from "../../../server/auth/sessions-file.ts";
import { start } from "../rig/built-program.ts";
import { TOKEN } from "../rig/logged-in.ts";
import { temporaryFolder } from "../rig/open-app.ts";

const START = Date.UTC(2026, 0, 31);

async function opener() {
  const path = join(await temporaryFolder(), "sessions.json");
  const errors: string[] = [];
  let now = START;
  const open = (adminToken = TOKEN) =>
    openSavedSessions(path, { now: () => now, adminToken, onError: ({ message }) => void errors.push(message) });
  return { path, errors, open, wait: (ms: number) => (now += ms) };
}

describe("sessions over a restart", () => {
  test("stay open, with their form tokens, and are stored as hashes in a file for its owner", async () => {
    const { path, open, errors } = await opener();
    const first = await open();
    const [admin, ada] = [first.open(), first.open("0".repeat(64))];
    const csrf = first.csrf(admin);
    expect(await first.saved()).toBe(true);
    const text = await readFile(path, "utf8");
    for (const secret of [admin, ada, csrf, TOKEN]) expect(text).not.toContain(secret);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const second = await open();
    expect([second.isOpen(admin), second.ownerOf(admin)]).toEqual([true, ""]);
    expect([second.isOpen(ada), second.ownerOf(ada)]).toEqual([true, "0".repeat(64)]);
    expect(second.isCsrf(admin, csrf)).toBe(true);
    expect(errors).toEqual([]);
  });

  test("do not come back once they were ended", async () => {
    const { open } = await opener();
    const first = await open();
    const [one, two, ofAda] = [first.open(), first.open(), first.open("a")];
    first.close(one);
    first.closeOf("a");
    await first.saved();
    const second = await open();
    expect([one, two, ofAda].map(second.isOpen)).toEqual([false, true, false]);
    second.closeAll();
    await second.saved();
    expect((await open()).isOpen(two)).toBe(false);
  });

  test("end by their times, the server running or not", async () => {
    const { open, wait } = await opener();
    const first = await open();
    const id = first.open();
    await first.saved();
    wait(SESSION_LIMITS.idleMs - 1);
    expect(first.isOpen(id)).toBe(true);
    await first.save();
    wait(SESSION_LIMITS.idleMs - 1);
    const second = await open();
    expect(second.has(id)).toBe(true);
    wait(1);
    expect((await open()).has(id)).toBe(false);
  });

  test("of the admin end with another admin token, those of named tokens do not", async () => {
    const { open } = await opener();
    const first = await open();
    const [admin, ada] = [first.open(), first.open("a")];
    await first.saved();
    const second = await open("another-token-of-the-admin-0123");
    expect([second.isOpen(admin), second.isOpen(ada)]).toEqual([false, true]);
  });

  test.each([
    "",
    "{",
    "[]",
    '{"admin":"x","key":"short","sessions":[]}',
  ])("a file of %j ends them, and is said, and nothing else", async (text) => {
    const { path, open, errors } = await opener();
    await writeFile(path, text);
    const sessions = await open();
    expect(errors).toEqual([expect.stringContaining("sessions.json is damaged, so that everybody logs in again")]);
    const id = sessions.open();
    await sessions.saved();
    expect((await open()).isOpen(id)).toBe(true);
  });

  test("a disk that takes no file leaves them in memory, which is said", async () => {
    const errors: string[] = [];
    const sessions = await openSavedSessions(join(await temporaryFolder(), "none", "sessions.json"), {
      now: () => START,
      adminToken: TOKEN,
      onError: ({ message }) => void errors.push(message),
    });
    const id = sessions.open();
    expect(await sessions.saved()).toBe(false);
    expect(sessions.isOpen(id)).toBe(true);
    expect(errors).toEqual([expect.stringContaining("the sessions cannot be saved, and end with the server")]);
  });
});

test("a browser that is logged in stays so when the server is killed and started again", async () => {
  const data = await temporaryFolder();
  const args = ["serve", "--data", data, "--port", "0", "--admin-token", TOKEN];
  const first = await start(args);
  const body = new URLSearchParams({ token: TOKEN });
  const response = await fetch(`${first.base}/login`, { method: "POST", body, redirect: "manual" });
  const cookie = (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  first.child.kill("SIGKILL");
  await first.closed;
  const second = await start(args);
  expect((await fetch(`${second.base}/experiments`, { headers: { cookie } })).status).toBe(200);
});
