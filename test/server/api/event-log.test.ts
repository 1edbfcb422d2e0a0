import { describe, expect, test } from "vitest";
import { openApp } from "../rig/open-app.ts";

const event = (n: number, deviceId = "d1") => ({ id: `e-${n}`, deviceId, event: "pageview" });

async function openWith(count: number) {
  const opened = await openApp();
  if (count > 0) await opened.post(Array.from({ length: count }, (_, i) => event(i)));
  const read = async (path: string) => {
    const response = await opened.app.request(path);
    const events: { id: string; run?: string; deviceId: string }[] = await response.clone().json();
    const next = /^<(.+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1] ?? "";
    return { response, ids: Array.isArray(events) ? events.map(({ id }) => id) : [], next };
  };
  return { ...opened, read };
}

test("GET /events lists what is stored, in the log's order", async () => {
  const { read } = await openWith(5);
  const { response, ids } = await read("/events");
  expect(response.status).toBe(200);
  expect(ids).toEqual(["e-0", "e-1", "e-2", "e-3", "e-4"]);
});

test("an empty log is an empty list, from which one can go on", async () => {
  const { read, post } = await openWith(0);
  const { ids, next } = await read("/events");
  expect(ids).toEqual([]);
  await post(event(1));
  expect((await read(next)).ids).toEqual(["e-1"]);
});

test("the Link header leads through everything, page by page, and on to what comes later", async () => {
  const { read, post } = await openWith(7);
  const pages: string[][] = [];
  let path = "/events?limit=3";
  for (let i = 0; i < 4; i += 1) {
    const { ids, next } = await read(path);
    pages.push(ids);
    path = next;
  }
  expect(pages).toEqual([["e-0", "e-1", "e-2"], ["e-3", "e-4", "e-5"], ["e-6"], []]);
  await post([event(7), event(8)]);
  expect((await read(path)).ids).toEqual(["e-7", "e-8"]);
  expect((await read(path)).ids, "a place in the log stays valid").toEqual(["e-7", "e-8"]);
});

test("filters by device, and the Link header keeps the filter", async () => {
  const { read, post } = await openWith(0);
  await post([event(1, "d1"), event(2, "d2"), event(3, "d1"), event(4, "d2"), event(5, "d1")]);
  const first = await read("/events?device_id=d1&limit=2");
  expect(first.ids).toEqual(["e-1", "e-3"]);
  expect(first.next).toContain("device_id=d1");
  expect((await read(first.next)).ids).toEqual(["e-5"]);
  expect((await read("/events?device_id=nobody")).ids).toEqual([]);
});

test("filters by run", async () => {
  const { read, post, runs } = await openWith(2);
  const { run, header } = runs.issue(Date.now());
  await post([event(10), event(11)], { "fairsplit-run": header });
  expect((await read(`/events?run=${run}`)).ids).toEqual(["e-10", "e-11"]);
  expect((await read("/events?run=another")).ids).toEqual([]);
  expect((await read("/events")).ids).toHaveLength(4);
});

describe("what is refused", () => {
  test.each(["0", "-1", "1.5", "abc", "", "10001", "99999999"])("limit=%s", async (limit) => {
    const { read } = await openWith(1);
    const { response } = await read(`/events?limit=${limit}`);
    expect(response.status).toBe(400);
    expect((await response.json()).detail).toBe(`limit is "${limit}": allowed are whole numbers from 1 to 10000`);
  });

  test.each(["1", "10000"])("not limit=%s", async (limit) => {
    const { read } = await openWith(1);
    expect((await read(`/events?limit=${limit}`)).ids).toEqual(["e-0"]);
  });

  test.each([
    "",
    "yesterday",
    "1",
    "1-",
    "-1-1",
    "1-5",
    "1-999999",
    "7-10",
    "1-2-3",
    "../1-0",
  ])("since=%s", async (since) => {
    const { read, errors } = await openWith(1);
    const { response } = await read(`/events?since=${since}`);
    expect(response.status).toBe(400);
    expect((await response.json()).detail).toBe(
      `since is "${since}": allowed is what an earlier answer's Link header says`,
    );
    expect(errors).toEqual([]);
  });
});
