import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Event } from "../../../core/event.ts";
import type { Experiment } from "../../../core/experiment.ts";
import { transition } from "../../../core/transition.ts";
import { openDemoApp } from "../../demo/demo-app.ts";
import { launchBrowser } from "../../launch-browser.ts";
import { active, inactive, NOW } from "../rig/open-app.ts";

/**
 * Texts that run a script if parsed as HTML, each within 64 characters so that it can be a group's
 * name.
 */
const VECTORS: string[] = JSON.parse(await readFile(new URL("../../cases/xss-vectors.json", import.meta.url), "utf8"));
/** Number of pages open at a time. */
const TABS = 4;

/** An experiment with a vector wherever a person may write a text. */
function attack(vector: string, place: number): Partial<Experiment> {
  const name = vector.slice(0, 64);
  return {
    title: vector,
    description: vector,
    groups: [
      { name, weight: 1, label: vector, html: vector, payload: vector },
      { name: `${place}`, weight: 1, html: `<p>${vector}</p>`, payload: `"${vector}"` },
    ],
    control: name,
    fallback: name,
    salt: vector,
    routes: [`/${vector}`],
    rule: `path == ${JSON.stringify(vector)}`,
    allocations: [{ id: name, rule: `path != ${JSON.stringify(vector)}`, weights: [name, `${place}`].map(one) }],
    goals: [{ event: vector, kind: "binary", label: vector }],
    layer: { name: `${place}${name}`.slice(0, 64), from: 0, to: 10_000 },
  };
}

/** An event with a vector wherever a page may write a text. */
function visit(vector: string, place: number): Event {
  return {
    id: `e-${place}`,
    ts: new Date().toISOString(),
    deviceId: vector,
    event: place % 2 === 0 ? "exposure" : vector,
    source: vector,
    path: vector,
    experiment: place % 4 === 0 ? `x${place}` : vector,
    group: vector,
    epoch: 1,
    params: { [vector]: vector },
  };
}

const one = (name: string) => ({ name, weight: 1 });

let browser: Browser;
let demo: Awaited<ReturnType<typeof openDemoApp>>;
let server: ServerType;
let origin: string;

beforeAll(async () => {
  const launch = launchBrowser();
  const experiments = VECTORS.map((vector, place) => {
    const make = place % 2 === 0 ? active : inactive;
    return make(`x${place}`, attack(vector, place));
  });
  demo = await openDemoApp("", experiments);
  server = await new Promise((resolve) => {
    const listening = serve({ fetch: demo.app.fetch, hostname: "127.0.0.1", port: 0 }, () => resolve(listening));
  });
  await demo.log.append(VECTORS.map(visit));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launch;
});

afterAll(async () => {
  await browser?.close();
  await new Promise((resolve) => server.close(resolve));
  await demo.close();
});

/** The paths without those that have the same answer as another, but for the experiment's key. */
async function ofDifferentAnswers(paths: readonly string[]): Promise<string[]> {
  const byAnswer = new Map<string, string>();
  for (const path of paths) {
    const text = await (await demo.app.request(path)).text();
    const [key = ""] = /\bx\d+\b/.exec(path) ?? [];
    byAnswer.set(key === "" ? path : text.replaceAll(key, ""), path);
  }
  return [...byAnswer.values()];
}

/** A browser that reports executed scripts. */
async function openVictim(): Promise<{ context: BrowserContext; executed: string[] }> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const executed: string[] = [];
  context.on("dialog", (dialog) => {
    executed.push(dialog.page()?.url() ?? "");
    void dialog.dismiss();
  });
  return { context, executed };
}

/** Runs in a page: finds elements and attributes that only user-entered texts can have added. */
function countStrange(): number {
  const allowed = "script[src='/admin.js'], iframe[sandbox='']";
  const elements = document.querySelectorAll(
    "script, iframe, img, object, embed, video, audio, marquee, math, base, style, image, animate",
  );
  const addresses = ["href", "src", "action", "formaction", "data", "xlink:href"];
  const attributes = [...document.querySelectorAll("*")].flatMap((element) =>
    [...element.attributes].filter(
      ({ name, value }) => name.startsWith("on") || (addresses.includes(name) && /^\s*javascript:/i.test(value)),
    ),
  );
  return [...elements].filter((element) => !element.matches(allowed)).length + attributes.length;
}

test("what would run is noticed", async () => {
  const { context, executed } = await openVictim();
  const page = await context.newPage();
  await page.setContent(VECTORS.filter((vector) => vector.startsWith("<img src=x")).join(""));
  await expect.poll(() => executed.length).toBeGreaterThan(0);
  expect(await page.evaluate(countStrange)).toBeGreaterThanOrEqual(2);
});

test("no page of the admin runs what people wrote in any field", async () => {
  const { context, executed } = await openVictim();
  await demo.registry.update("x0", (before) =>
    transition(before, { by: VECTORS[0] as string, state: "inactive" }, NOW),
  );
  const number = demo.registry.history.last;
  const keys = demo.registry.list().map(({ key }) => key);
  const all = [
    `/experiments?change=${number}`,
    ...VECTORS.map((vector) => `/experiments?q=${encodeURIComponent(vector)}&state=${encodeURIComponent(vector)}`),
    ...demo.app.routes
      .filter(({ method, path }) => method === "GET" && /^\/experiments(\/[^*]+)?$/.test(path))
      .map(({ path }) => path.replace(":number", String(number)))
      .flatMap((path) => (path.includes(":key") ? keys.map((key) => path.replace(":key", key)) : [path])),
  ];
  expect(all).toEqual(expect.arrayContaining(["/experiments/x7/history", "/experiments/install", "/experiments/x9"]));
  const paths = await ofDifferentAnswers(all);
  // Each experiment has at least its page, and those of its form, results, history and links.
  expect(paths.length).toBeGreaterThan(5 * VECTORS.length);
  const found: string[] = [];
  await Promise.all(
    Array.from({ length: TABS }, async () => {
      const page = await context.newPage();
      for (let path = paths.shift(); path !== undefined; path = paths.shift()) {
        // Do not wait for the load event: some content of the previews never loads.
        await page.goto(origin + path, { waitUntil: "domcontentloaded" });
        if (!page.url().startsWith(`${origin}/experiments`)) found.push(`${path} led to ${page.url()}`);
        const strange = await page.evaluate(countStrange);
        if (strange > 0) found.push(`${path} has ${strange} elements or attributes that people wrote`);
      }
    }),
  );
  expect(found).toEqual([]);
  expect(executed).toEqual([]);
}, 180_000);

test("no page that comes back from a form does either", async () => {
  const { context, executed } = await openVictim();
  const page = await context.newPage();
  for (const [place, vector] of VECTORS.entries()) {
    if (place % 6 !== 0) continue;
    // Submit errors in every field.
    await page.goto(`${origin}/experiments/new`);
    for (const label of ["Title", "Key", "Description", "Weight", "HTML that visitors see", "Pages", "Rule", "Event"]) {
      await page.getByLabel(label, { exact: true }).first().fill(vector);
    }
    await page.getByRole("button", { name: "Create" }).last().click();
    await page.getByRole("alert").waitFor();
    expect(await page.getByLabel("Key").inputValue()).toBe(vector);
  }
  // A confirmation and both conflicts, of an experiment full of attack vectors.
  for (const key of ["x14", "x40"]) {
    await page.goto(`${origin}/experiments/${key}/edit`);
    await page.getByLabel("Weight", { exact: true }).first().fill("7");
    await page.getByRole("button", { name: "Save" }).last().click();
    await page.getByText("A new period begins").waitFor();
    await demo.registry.update(key, (before) =>
      transition(before, { by: VECTORS[14] as string, definition: { description: VECTORS[1] as string } }, NOW),
    );
    await page.getByRole("button", { name: "Save and begin a new period" }).click();
    await page.getByText("Someone else saved first").first().waitFor();
  }
  expect(executed).toEqual([]);
}, 120_000);
