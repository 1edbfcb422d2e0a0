// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AssignedGroup } from "../../core/http-contract.ts";
import type { Fairsplit } from "../../tag/fairsplit.ts";
import type { Options } from "../../tag/options.ts";
import { ASSIGNED } from "./assigned.ts";
import { ownPage } from "./own-page.ts";

const both = (name: string) =>
  `<template data-group="A">${name} A</template><template data-group="B">${name} B</template>`;
const PAGE = `<div data-exp="device">${both("device")}</div><div data-exp="account">${both("account")}</div>`;

/** The group of each account and device; an account's is empty without one. */
let groupOf: Record<string, string>;
let asked: URLSearchParams[];
let events: Record<string, unknown>[];
/** Promises that the answers for accounts wait for. */
let delays: Record<string, Promise<void>>;
const cleanUps: (() => void)[] = [];

beforeEach(() => {
  // Timers outlive a test, too.
  const after = setTimeout;
  vi.stubGlobal("setTimeout", (...args: Parameters<typeof setTimeout>) => {
    const timer = after(...args);
    cleanUps.push(() => clearTimeout(timer));
    return timer;
  });
  [groupOf, asked, events, delays] = [{ anna: "B", ben: "A", carl: "B", device: "B" }, [], [], {}];
  cleanUps.push(ownPage(PAGE));
  vi.stubGlobal("fetch", async (url: string, init?: RequestInit) => {
    const { pathname, searchParams } = new URL(url);
    if (pathname === "/notes") events.push(...JSON.parse(String(init?.body)));
    if (pathname !== "/groups") return new Response("{}");
    asked.push(searchParams);
    const account = groupOf[searchParams.get("account_id") ?? ""];
    await delays[searchParams.get("account_id") ?? ""];
    return new Response(
      JSON.stringify({
        device: { ...ASSIGNED, group: groupOf.device },
        account: {
          ...ASSIGNED,
          kept: false,
          ...(account ? { group: account } : ({ group: "", value: -1, reason: "no_unit" } as Partial<AssignedGroup>)),
        },
      }),
    );
  });
});

afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
  vi.unstubAllGlobals();
});

async function start(options: Options = {}): Promise<Fairsplit> {
  vi.resetModules();
  const tag = await import("../../tag/start.ts");
  const more = await import("../../tag/more.ts");
  tag.start(options, "https://ab.example.com/tag.js", async () => more);
  return window.fairsplit as Fairsplit;
}

const texts = () =>
  [...document.querySelectorAll("[data-exp]")].map((element) =>
    [...element.childNodes].map((node) => (node.nodeName === "TEMPLATE" ? "" : node.textContent)).join(""),
  );
const shows = (...expected: string[]) =>
  vi.waitFor(() => {
    expect(texts()).toEqual(expected);
  });
const exposures = () =>
  events
    .filter(({ event }) => event === "exposure")
    .map(({ experiment, group, accountId }) => [experiment, group, accountId]);
const exposed = (...expected: unknown[][]) =>
  vi.waitFor(() => {
    expect(exposures().sort()).toEqual(expected);
  });

test("an account that the page names decides its experiments, and goes with events; nothing of it is kept", async () => {
  const tag = await start({ account: "anna" });
  await shows("device B", "account B");
  await exposed(["account", "B", "anna"], ["device", "B", "anna"]);
  tag.track("order");
  await vi.waitFor(() => {
    expect(events.find(({ event }) => event === "order")).toMatchObject({ accountId: "anna" });
  });
  expect(asked.map((query) => query.get("account_id"))).toEqual(["anna"]);
  const kept = await vi.waitFor(() => JSON.parse(localStorage.fairsplit));
  expect(kept[2]).toEqual({ device: { ...ASSIGNED, group: "B" }, account: false });
  expect(JSON.stringify(localStorage)).not.toContain("anna");
});

test("identify in the middle of a view decides only what had no account", async () => {
  const tag = await start();
  await shows("device B", "account A");
  await exposed(["device", "B", undefined]);
  // The next answer says another group: what was decided stays as it is.
  groupOf.device = "A";
  tag.identify("anna");
  await shows("device B", "account B");
  await exposed(["account", "B", "anna"], ["device", "B", undefined]);
  tag.identify("ben");
  await vi.waitFor(() => {
    expect(asked).toHaveLength(3);
  });
  await new Promise((resolve) => setTimeout(resolve));
  expect(texts()).toEqual(["device B", "account B"]);
  expect(events.filter(({ event }) => event === "pageview")).toHaveLength(1);
});

test("a view without an account does not show what an account had on the one before", async () => {
  await start({ account: "anna" });
  await shows("device B", "account B");
  delete window.fairsplit;
  document.body.innerHTML = PAGE;
  await start();
  await shows("device B", "account A");
});

describe("of two accounts within one round trip the last decides,", () => {
  /** An answer that waits until it is released. */
  const delay = (account: string) => {
    let release: () => void = () => undefined;
    delays[account] = new Promise<void>((resolve) => (release = resolve));
    return () => release();
  };
  const isAsked = (count: number) =>
    vi.waitFor(() => {
      expect(asked).toHaveLength(count);
    });
  const laterTurns = () => new Promise((resolve) => setTimeout(resolve, 50));

  test.each([
    ["when its answer comes first", ["ben", "anna"]],
    ["when its answer comes last", ["anna", "ben"]],
  ])("%s", async (_, order) => {
    const releases: Record<string, () => void> = { anna: delay("anna"), ben: delay("ben") };
    const tag = await start();
    await shows("device B", "account A");
    groupOf.ben = "B";
    groupOf.anna = "A";
    tag.identify("anna");
    tag.identify("ben");
    await isAsked(3);
    for (const account of order) {
      releases[account]?.();
      await laterTurns();
    }
    await shows("device B", "account B");
    await exposed(["account", "B", "ben"], ["device", "B", undefined]);
  });

  test("also when the first is that of the script's attribute", async () => {
    const release = delay("anna");
    const tag = await start({ account: "anna" });
    tag.identify("ben");
    await isAsked(2);
    await shows("device B", "account A");
    release();
    await laterTurns();
    expect(texts()).toEqual(["device B", "account A"]);
    await exposed(["account", "A", "ben"], ["device", "B", "ben"]);
  });
});
