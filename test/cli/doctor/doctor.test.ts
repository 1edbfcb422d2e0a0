import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { permission } from "../../../cli/doctor/csp.ts";
import { examineDataFolder } from "../../../cli/doctor/data-folder.ts";
import { findingsText } from "../../../cli/doctor/finding.ts";
import { examinePort } from "../../../cli/doctor/port.ts";
import { examineSite } from "../../../cli/doctor/site.ts";
import { lockDataFolder } from "../../../server/files/data-lock.ts";
import { run } from "../../server/rig/built-program.ts";
import { temporaryFolder } from "../../server/rig/open-app.ts";

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A page with a policy and a script, and what is found on it: `✗ name`, in order. */
async function wrongOn(html: string, headers: Record<string, string> = {}, tag = "// data-exp"): Promise<string[]> {
  const origin = await serve(({ url }, response) => {
    if (url?.startsWith("/tag.js")) {
      response.writeHead(tag === "" ? 404 : 200, {
        "content-type": tag.startsWith("<") ? "text/html" : "text/javascript",
      });
      return response.end(tag);
    }
    response.writeHead(200, { "content-type": "text/html", ...headers });
    response.end(html);
  });
  const found = await examineSite(`${origin}/page`);
  return found.filter(({ ok }) => ok !== true).map(({ what, ok }) => `${ok === null ? "–" : "✗"} ${what}`);
}

const SCRIPT = `<script async src="/tag.js"></script>`;

describe("a site", () => {
  test.each<[string, string, Record<string, string>, string, string[]]>([
    ["whose tag works", SCRIPT, {}, "// data-exp", []],
    ["without the tag", "<script src=/other.js></script>", {}, "", ["✗ tag on the page"]],
    ["whose tag is missing", SCRIPT, {}, "", ["✗ tag loads"]],
    ["whose tag is a page", SCRIPT, {}, "<html>data-exp", ["✗ tag loads"]],
    [
      "whose policy forbids script and reports",
      SCRIPT,
      { "content-security-policy": "default-src 'none'" },
      "// data-exp",
      ["✗ policy for the tag", "✗ policy for its reports"],
    ],
    [
      "whose policy stands in the page and forbids reports",
      `<meta http-equiv=Content-Security-Policy content="script-src 'self'; connect-src https://api.example">${SCRIPT}`,
      {},
      "// data-exp",
      ["✗ policy for its reports"],
    ],
    [
      "whose policy has nonces",
      `<script nonce=x src='/tag.js'></script>`,
      { "content-security-policy": "script-src 'nonce-x' 'strict-dynamic'; connect-src *" },
      "// data-exp",
      ["– policy for the tag"],
    ],
    [
      "whose reports go where lists block",
      `<script src=/tag.js data-api=/analytics></script>`,
      {},
      "// data-exp",
      ["✗ blockers"],
    ],
    ["whose time is another", SCRIPT, { date: "Thu, 01 Jan 2026 00:00:00 GMT" }, "// data-exp", ["✗ clock"]],
  ])("%s", async (_, html, headers, tag, wrong) => {
    expect(await wrongOn(html, headers, tag)).toEqual(wrong);
  });

  test("that cannot be reached is said with the reason", async () => {
    expect(await examineSite("http://127.0.0.1:9/")).toMatchObject([{ what: "site", ok: false }]);
  });
});

test.each([
  ["", "https://t.example/tag.js", "allowed"],
  ["script-src https:", "https://t.example/tag.js", "allowed"],
  ["script-src http:", "https://t.example/tag.js", "allowed"],
  ["script-src 'self'", "https://t.example/tag.js", "forbidden"],
  ["script-src 'self'", "https://www.example/tag.js", "allowed"],
  ["script-src *.example", "https://t.example/tag.js", "allowed"],
  ["script-src *.example", "https://example/tag.js", "forbidden"],
  ["script-src t.example:8443", "https://t.example:8443/tag.js", "allowed"],
  ["script-src t.example", "https://t.example:8443/tag.js", "forbidden"],
  ["script-src t.example:*", "https://t.example:8443/tag.js", "allowed"],
  ["script-src https://t.example/ab/", "https://t.example/ab/tag.js", "allowed"],
  ["script-src https://t.example/ab/", "https://t.example/tag.js", "forbidden"],
  ["DEFAULT-SRC *", "https://t.example/tag.js", "allowed"],
  ["script-src 'sha256-abc'", "https://t.example/tag.js", "unknown"],
  ["script-src-elem 'none'; script-src *", "https://t.example/tag.js", "forbidden"],
])("the policy %j and %s: %s", (policy, address, expected) => {
  const found = permission(
    policy === "" ? [] : [policy],
    "script-src",
    new URL(address),
    new URL("https://www.example/"),
  );
  expect(found).toBe(expected);
});

test("a data folder is examined as it is, and nothing stays in it", async () => {
  const data = await temporaryFolder();
  const states = async (folder: string) =>
    Object.fromEntries((await examineDataFolder(folder)).map(({ what, ok }) => [what, ok]));
  expect(await states(data)).toMatchObject({ "data folder": true, lock: true, "disk space": true, "disk sync": true });
  expect(await states(join(data, "not", "yet"))).toMatchObject({ "data folder": true, lock: true });
  expect(await readdir(data)).toEqual([]);
  const lock = await lockDataFolder(data);
  onTestFinished(() => lock.release());
  expect(await states(data)).toMatchObject({ "data folder": true, lock: null });
  await writeFile(join(data, "file"), "");
  await mkdir(join(data, "folder"));
  expect(await states(join(data, "file"))).toEqual({ "data folder": false });
});

describe("an odd site", () => {
  const found = async (headers: Record<string, string>, body: Buffer | string) => {
    const origin = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/html", ...headers }).end(body);
    });
    return (await examineSite(`${origin}/`)).filter(({ ok }) => ok !== true).map(({ what, detail }) => [what, detail]);
  };

  test("whose answer breaks off is said to be out of reach", async () => {
    expect(await found({ "content-encoding": "gzip" }, "no gzip")).toEqual([
      ["site", expect.stringMatching(/cannot be reached: incorrect header check$/)],
    ]);
  });

  test("whose answer is endless when it is unpacked is read up to a limit", async () => {
    const bomb = gzipSync(Buffer.concat([Buffer.from(SCRIPT), Buffer.alloc(300_000_000, " ")]), { level: 1 });
    const before = process.memoryUsage().rss;
    expect(await found({ "content-encoding": "gzip" }, bomb)).toEqual([["tag loads", expect.anything()]]);
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  });
});

test("a port that is taken is named with what to do", async () => {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  expect(await examinePort("127.0.0.1", port)).toMatchObject({ ok: false, detail: `127.0.0.1:${port} is taken` });
});

test("the command prints a line for each, with the fix, and ends with 1 when something is wrong", async () => {
  const { closed, output } = run([
    "doctor",
    "--data",
    await temporaryFolder(),
    "--port",
    "0",
    "--url",
    "http://127.0.0.1:9/",
  ]);
  expect(await closed).toBe(1);
  expect(output.stdout).toMatch(/^✓ Node {2,}v\d+/m);
  expect(output.stdout).toMatch(
    /^✗ site {2,}http:\/\/127\.0\.0\.1:9\/ cannot be reached: .*\n {2,}fix: check the address/m,
  );
  expect(output.stdout).toMatch(/needs? fixing\.\n$/);
  expect(findingsText([{ what: "x", ok: true, detail: "a\u001b[2Jb", fix: null }])).toBe(
    "✓ x  a [2Jb\n\nNothing is in the way.\n",
  );
});
