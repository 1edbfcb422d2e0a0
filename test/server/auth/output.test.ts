import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run, start } from "../rig/built-program.ts";
import { temporaryFolder } from "../rig/open-app.ts";

const LINK = /^fairsplit: log in within 15 minutes, with a link that works once: (\S+\/login\/([\w-]{43}))$/m;
/** The output once it has arrived: stdout and stderr are separate pipes. */
async function linkOf(output: { readonly stderr: string }) {
  await expect.poll(() => output.stderr).toMatch(LINK);
  const [line = "", link = "", code = ""] = LINK.exec(output.stderr) ?? [];
  return { line, link, code };
}

const HTML = { accept: "text/html" } as const;
const STRONG = "f3b9a1c07d2e48f6b5a0c9d8";

test("no login, right or wrong, leaves a secret in a log line, a URL or a page", async () => {
  const data = await temporaryFolder();
  const { base, child, closed, firstLine, output } = await start(["serve", "--data", data, "--port", "0"]);
  const token = (await readFile(join(data, "admin-token"), "utf8")).trim();
  const { line, link, code } = await linkOf(output);
  expect(new URL(link).origin).toBe(base);

  const urls: string[] = [];
  const pages: string[] = [];
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(new URL(path, base), {
      redirect: "manual",
      ...init,
      headers: { ...HTML, ...init.headers },
    });
    urls.push(response.headers.get("location") ?? "");
    pages.push(await response.text());
    return response;
  };
  const login = (fields: Record<string, string>) =>
    ask("/login", { method: "POST", body: new URLSearchParams(fields) });

  expect((await login({ token: "guess-of-the-token" })).status).toBe(401);
  expect((await login({ code: "guess-of-the-code" })).status).toBe(401);
  expect((await ask("/experiments", { headers: { authorization: "Bearer guess-of-the-bearer" } })).status).toBe(401);
  expect((await ask(`/experiments/${token}`, { headers: { cookie: "fairsplit=guess-of-the-cookie" } })).status).toBe(
    303,
  );
  // A token that an admin put into the URL by mistake stays in the return address.
  urls.pop();
  expect((await ask("/login", { method: "POST", body: "x".repeat(5000) })).status).toBe(413);
  const byLink = await login({ code });
  const byToken = await login({ token });
  expect([byLink.status, byToken.status]).toEqual([303, 303]);
  expect((await login({ code })).status).toBe(401);
  const ids = [byLink, byToken].map(
    (response) => /=([\w-]{43});/.exec(response.headers.get("set-cookie") ?? "")?.[1] ?? "",
  );
  expect(new Set(ids).size).toBe(2);
  const cookie = `fairsplit=${ids[1]}`;
  const page = await ask("/experiments", { headers: { cookie } });
  expect(page.status).toBe(200);
  const csrf = /name="csrf" value="([^"]+)"/.exec(pages.at(-1) ?? "")?.[1] ?? "";
  expect(
    (
      await ask("/experiments/toggle", {
        method: "POST",
        body: new URLSearchParams({ experiment: "x", csrf }),
        headers: { cookie },
      })
    ).status,
  ).toBe(404);
  expect(
    (await ask("/logout", { method: "POST", body: new URLSearchParams({ csrf }), headers: { cookie } })).status,
  ).toBe(303);
  expect((await ask("/experiments", { headers: { cookie } })).status).toBe(303);
  child.kill("SIGTERM");
  expect(await closed).toBe(0);

  expect(output.stdout).toBe(`${firstLine}\n`);
  expect(output.stderr).toBe(`fairsplit: made an admin token, it is in ${join(data, "admin-token")}\n${line}\n`);
  for (const secret of [token, code, csrf, ...ids]) {
    expect(secret).toHaveLength(43);
    expect(urls.join("\n")).not.toContain(secret);
  }
  for (const secret of [token, code, ...ids]) expect(pages.join("\n")).not.toContain(secret);
});

describe("the login link", () => {
  test("is said when the token is made, and not at every start of a service", async () => {
    const data = await temporaryFolder();
    const first = await start(["serve", "--data", data, "--port", "0"]);
    const { code } = await linkOf(first.output);
    first.child.kill("SIGTERM");
    await first.closed;
    const { base, output } = await start(["serve", "--data", data, "--port", "0"]);
    expect((await fetch(`${base}/login/${code}`)).status).toBe(401);
    expect(output.stderr).toBe("");
  });

  test("is not said when the token was given", async () => {
    const data = await temporaryFolder();
    const { output, base } = await start(["serve", "--data", data, "--port", "0"], { FAIRSPLIT_ADMIN_TOKEN: STRONG });
    expect((await fetch(`${base}/login`)).status).toBe(200);
    expect(output.stderr).toBe("");
  });

  test("leads to the base URL", async () => {
    const data = await temporaryFolder();
    const { output } = await start(["serve", "--data", data, "--port", "0", "--base-url", "https://ab.example.com/"]);
    expect((await linkOf(output)).link).toMatch(/^https:\/\/ab\.example\.com\/login\/[\w-]{43}$/);
  });

  test("leads to this computer, when the server listens on all of its addresses", async () => {
    const data = await temporaryFolder();
    const { output, firstLine } = await start(["serve", "--data", data, "--port", "0", "--host", "0.0.0.0"]);
    expect(firstLine).toMatch(/^fairsplit listening on http:\/\/0\.0\.0\.0:\d+$/);
    expect((await linkOf(output)).link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/login\/[\w-]{43}$/);
  });
});

describe("an admin token that is easy to guess", () => {
  const weak = "password-password-password";

  test.each<[what: string, args: string[]]>([
    ["on all addresses", ["--host", "0.0.0.0"]],
    ["on all addresses by IPv6", ["--host", "::"]],
    ["behind a base URL", ["--base-url", "https://ab.example.com"]],
    ["behind a proxy", ["--trust-proxy", "1"]],
  ])("is exit 2 %s, before anything is written", async (_, args) => {
    const data = join(await temporaryFolder(), "data");
    const { closed, output, lines } = run(["serve", "--data", data, "--port", "0", ...args], {
      FAIRSPLIT_ADMIN_TOKEN: weak,
    });
    expect(await closed).toBe(2);
    expect(output.stdout).toBe("");
    expect(lines("stderr")).toEqual([
      expect.stringMatching(
        /^fairsplit: the admin token is too easy to guess for a server that others can reach: allowed is one with 16 characters, 8 of them different, /,
      ),
    ]);
    expect(output.stderr).not.toContain(weak);
    await expect(stat(data)).rejects.toThrow("ENOENT");
  });

  test("in the data folder is refused too", async () => {
    const data = await temporaryFolder();
    await writeFile(join(data, "admin-token"), weak);
    const { closed, lines } = run(["serve", "--data", data, "--port", "0", "--host", "0.0.0.0"]);
    expect(await closed).toBe(2);
    expect(lines("stderr")).toEqual([expect.stringContaining("the admin token is too easy to guess")]);
  });

  test("is allowed on loopback, where only this computer can guess; a strong one is everywhere", async () => {
    await start(["serve", "--data", await temporaryFolder(), "--port", "0", "--admin-token", weak]);
    await start([
      "serve",
      "--data",
      await temporaryFolder(),
      "--port",
      "0",
      "--host",
      "0.0.0.0",
      "--admin-token",
      STRONG,
    ]);
  });
});

test.each([
  ["--base-url", "https://ab.example.com"],
  ["--trust-proxy", "1"],
])("the demo with %s %s is exit 2: others could reach it, and it has no login", async (...args) => {
  const { closed, lines } = run(["demo", "--data", await temporaryFolder(), "--port", "0", ...args]);
  expect(await closed).toBe(2);
  expect(lines("stderr")).toEqual([expect.stringContaining("the demo, which has no login: use serve")]);
});
