import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openDomDriver } from "../../../simulate/dom/dom-driver.ts";
import type { Click } from "../../../simulate/driver.ts";
import { EnvironmentMissing } from "../../../simulate/environment.ts";
import { groupsShown } from "../../../simulate/observations.ts";
import { PROGRAM } from "../../server/rig/built-program.ts";

const BUILT = pathToFileURL(`${dirname(PROGRAM)}/`);
const BUTTON = `<div data-exp="button">Own <template data-group="A"><b>A</b></template>
  <template data-group="B"><button data-exp-click="buy">B</button></template></div>`;
const CLICK: Click = { experiment: "button", event: "buy" };

let server: Server;
let base: string;
let pages: Record<string, string>;
let groups: object;
let noteStatus: number;
/** Requests that the server received: addresses, and events of posts. */
let asked: URL[];
let posted: Record<string, unknown>[];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "", base);
    if (pages[url.pathname] !== undefined) response.end(pages[url.pathname]);
    else if (url.pathname === "/groups") {
      asked.push(url);
      response.end(JSON.stringify(groups));
    } else if (url.pathname === "/notes") {
      posted.push(...JSON.parse(await text(request)));
      response.statusCode = noteStatus;
      response.end("{}");
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(async () => {
  pages = { "/tag.js": await readFile(new URL("tag.js", BUILT), "utf8"), "/": page(BUTTON) };
  groups = { button: { state: "active", active: true, group: "B", fallback: "A", value: 1, epoch: 3, reason: "hash" } };
  noteStatus = 200;
  asked = [];
  posted = [];
});

const page = (body: string, attributes = "") =>
  `<!doctype html><html><head><script async src="/tag.js" ${attributes}></script></head><body>${body}</body></html>`;

const open = (path = "/", notes: string[] = [], threads = 0) =>
  openDomDriver({
    threads,
    url: `${base}${path}`,
    seed: "s",
    concurrency: 2,
    headers: { "Fairsplit-Run": "signed" },
    built: BUILT,
    note: (note) => notes.push(note),
  });

test("the built tag runs: it asks for groups, renders, and reports view, exposure and click in one visit", async () => {
  const driver = await open();
  const visit = await driver.visit(0, () => [CLICK]);
  await driver.close();
  const device = visit.seen?.deviceId ?? "";
  expect(device).toMatch(/^[0-9a-f]{32}$/);
  expect(Object.fromEntries(groupsShown(visit.seen as never))).toEqual({ button: "B" });
  expect(asked.map(({ searchParams }) => [searchParams.get("device_id"), searchParams.get("path")])).toEqual([
    [device, "/"],
  ]);
  expect(
    posted.map(({ event, experiment, group, epoch, deviceId }) => [event, experiment, group, epoch, deviceId]),
  ).toEqual([
    ["pageview", undefined, undefined, undefined, device],
    ["exposure", "button", "B", 3, device],
    ["buy", "button", "B", 3, device],
  ]);
  expect([visit.seen?.acknowledged, visit.errors]).toEqual([true, []]);
});

test("visitors that share a window share nothing else, whatever the tag did to the page", async () => {
  const driver = await open();
  const first = await driver.visit(0, () => [CLICK]);
  const second = await driver.visit(1, () => []);
  const again = await driver.visit(0, () => []);
  await driver.close();
  expect(second.seen?.deviceId).not.toBe(first.seen?.deviceId);
  expect(again.seen?.deviceId).toBe(first.seen?.deviceId);
  expect(posted.filter(({ event }) => event === "exposure")).toHaveLength(3);
  expect(posted.filter(({ event }) => event === "buy")).toHaveLength(1);
});

test("placeholders that need the tag's other part get it, and are as before for the next visitor", async () => {
  pages["/"] = page(`<button data-exp="button" data-exp-class="A:gray B:gold">Buy</button>`);
  const driver = await open();
  const shown = [];
  for (const group of ["B", "A", "B"]) {
    groups = { button: { state: "active", active: true, group, fallback: "A", value: 1, epoch: 3, reason: "hash" } };
    const { seen } = await driver.visit(shown.length, () => []);
    shown.push([...groupsShown(seen as never).values()][0]);
  }
  await driver.close();
  expect(shown).toEqual(["B", "A", "B"]);
});

test("an answer that is no success is the visit's error, and its events are not acknowledged", async () => {
  noteStatus = 400;
  const driver = await open();
  const { seen, errors } = await driver.visit(0, () => []);
  await driver.close();
  expect([seen?.acknowledged, [...new Set(errors)]]).toEqual([false, ["POST /notes answered 400: {}"]]);
});

test("visits in threads are those of one thread: same visitors, groups, clicks and errors", async () => {
  const visit = async (threads: number) => {
    const notes: string[] = [];
    const driver = await open("/", notes, threads);
    const visits = await Promise.all(
      Array.from({ length: 6 }, (_, index) => driver.visit(index, () => (index % 2 ? [CLICK] : []))),
    );
    await driver.close();
    return { visits, notes };
  };
  pages["/"] = page(`${BUTTON}<script>other()</script>`);
  const here = await visit(0);
  expect(await visit(2)).toEqual(here);
  expect(here.visits.map(({ clicks }) => clicks.length)).toEqual([0, 1, 0, 1, 0, 1]);
  noteStatus = 400;
  const failing = await visit(1);
  expect(failing).toEqual(await visit(0));
  expect(failing.visits[0]?.errors).not.toEqual([]);
});

test("a thread that cannot visit the page says so as this one does", async () => {
  pages["/"] = "<p>nothing</p>";
  await expect(open("/", [], 2)).rejects.toThrow(EnvironmentMissing);
});

test("other scripts of the page do not run, and that is said", async () => {
  pages["/"] = page(`${BUTTON}<script>document.body.append("ran")</script>`);
  const notes: string[] = [];
  const driver = await open("/", notes);
  await driver.visit(0, () => []);
  await driver.close();
  expect(notes).toEqual([`--driver dom runs only the tag: 1 other scripts of ${base}/ are left out`]);
});

describe("a page that this driver cannot visit is refused in a sentence", () => {
  test.each([
    ["no tag", () => "<p>nothing</p>", "/tag.js", "", "has no script of the tag, so --driver dom has nothing to run"],
    ["consent", () => page(BUTTON, "data-consent=required"), "", "", "only --driver browser runs it"],
    ["another version", () => page(BUTTON), "/tag.js", "other()", "a tag of another version than this simulator"],
  ])("%s", async (_, html, file, content, says) => {
    pages["/"] = html();
    if (content !== "") pages[file] = content;
    await expect(open()).rejects.toThrow(says);
  });
});
