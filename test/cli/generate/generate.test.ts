import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readDefinitions } from "../../../cli/experiment-definitions.ts";
import { behavioursOf } from "../../../cli/generate/behaviour.ts";
import { parseEffects } from "../../../cli/generate/effect.ts";
import { experimentsOnSite } from "../../../cli/generate/experiments-on-site.ts";
import { FORMATS, parseGenerateOptions } from "../../../cli/generate/options.ts";
import { reachFromLanding } from "../../../cli/generate/reach.ts";
import { MOVES, PAGES } from "../../../cli/generate/site.ts";
import { assign } from "../../../core/assign.ts";
import { type Event, parseEvent } from "../../../core/event.ts";
import { HOURLY } from "../../../core/hours-of-day.ts";
import { binomialExact } from "../../../core/statistics/binomial-exact.ts";
import { sampleRatioMismatch } from "../../../core/statistics/sample-ratio-mismatch.ts";
import { twoProportions } from "../../../core/statistics/two-proportions.ts";
import { tally } from "../../../core/tally.ts";
import { generated, generatedLines } from "./generated.ts";

type DeviceEvent = Event & { readonly deviceId: string };

interface FakeWebEvent {
  readonly event_timestamp: string;
  readonly page_url_path: string;
  readonly user_domain_id: string;
  readonly click_id: string;
}

/** The library's fields in its order, event_id first. */
const FAKE_WEB_EVENTS_FIELDS =
  "event_id event_timestamp event_type page_url page_url_path referer_url referer_url_scheme referer_url_port referer_medium utm_medium utm_source utm_content utm_campaign click_id geo_latitude geo_longitude geo_country geo_timezone geo_region_name ip_address browser_name browser_user_agent browser_language os os_name os_timezone device_type device_is_mobile user_custom_id user_domain_id".split(
    " ",
  );

const CHECKOUT = "checkout:A=50,B=50";

describe("the bytes", () => {
  test.each(FORMATS)("of %s are those that seed and options decide", async (format) => {
    const flags = { visitors: "300", format, seed: "s" };
    const first = await generated(flags);
    expect(first.length).toBeGreaterThan(10_000);
    expect(first.equals(await generated(flags))).toBe(true);
    expect(first.equals(await generated({ ...flags, seed: "t" }))).toBe(false);
  });

  test("of all formats tell of the same visitors", async () => {
    const flags = { visitors: "200" };
    const log = await generatedLines<DeviceEvent>(flags);
    const pages = log.filter(({ event }) => event === "pageview").map(({ ts, deviceId, path }) => [ts, deviceId, path]);
    const fake = await generatedLines<FakeWebEvent>({ ...flags, format: "fake-web-events" });
    expect(
      fake.map(({ event_timestamp: at, user_domain_id: id, page_url_path: path }) => [
        `${at.slice(0, -3).replace(" ", "T")}Z`,
        id,
        path,
      ]),
    ).toEqual(pages);
    const [header = "", ...rows] = (await generated({ ...flags, format: "csv" })).toString().trimEnd().split("\n");
    const place = (name: string) => header.split(",").indexOf(name);
    const columns = ["ts", "device_id", "event", "path", "experiment", "group"].map(place);
    expect(rows.map((row) => columns.map((column) => row.split(",")[column]))).toEqual(
      log.map(({ ts, deviceId, event, path, experiment = "", group = "" }) => [
        ts,
        deviceId,
        event,
        path,
        experiment,
        group,
      ]),
    );
  });
});

describe("the log", () => {
  test("of fake-web-events has the library's fields in its order, and its form of times and ids", async () => {
    const lines = await generatedLines<Record<string, unknown>>({ visitors: "200", format: "fake-web-events" });
    for (const line of lines) {
      expect(Object.keys(line)).toEqual(FAKE_WEB_EVENTS_FIELDS);
      expect(line).toMatchObject({
        event_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
        event_timestamp: expect.stringMatching(/^2026-01-\d\d \d\d:\d\d:\d\d\.\d{6}$/),
        event_type: "pageview",
        page_url: `http://www.dummywebsite.com${line.page_url_path}`,
        device_is_mobile: line.os_name === "Android" || line.os_name === "iOS",
        device_type: line.device_is_mobile ? "Mobile" : "Computer",
        user_custom_id: expect.stringMatching(/^[a-z.]+\d+@example\.(com|net|org)$/),
        utm_source: expect.stringMatching(/^(google|facebook|bing|instagram|mailchimp)$/),
        referer_url: `www.${line.utm_source}.com`,
      });
    }
    expect(new Set(lines.map(({ event_id: id }) => id)).size).toBe(lines.length);
  });

  test("is in the order of its times, and its events are events of our log", async () => {
    const lines = await generatedLines<DeviceEvent>({ visitors: "500" });
    expect(lines.map((line) => parseEvent(line, { id: () => "", ts: () => "", run: null }))).toEqual(lines);
    const times = lines.map(({ ts }) => ts);
    expect(times).toEqual([...times].sort());
    expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
  });

  test("has the groups of the server's own assignment, in as many experiments as there are", async () => {
    const lines = await generatedLines<DeviceEvent>({
      visitors: "500",
      experiments: "checkout:A=50,B=50;title:x=1,y=2,z=3",
    });
    const exposures = lines.filter(({ event }) => event === "exposure");
    const groups = { checkout: { A: 50, B: 50 }, title: { x: 1, y: 2, z: 3 } };
    for (const [key, weights] of Object.entries(groups)) {
      const ofExperiment = exposures.filter(({ experiment }) => experiment === key);
      expect(new Set(ofExperiment.map(({ deviceId }) => deviceId)).size).toBe(500);
      for (const { deviceId, group } of ofExperiment)
        expect(group).toBe(assign(deviceId, key, Object.entries(weights)));
    }
  });

  test("exposes visitors on an experiment's routes only, from the first page there", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fairsplit-routes-"));
    const file = join(folder, "experiments.json");
    await writeFile(file, JSON.stringify({ checkout: { groups: { A: 1, B: 1 }, routes: ["/cart", "/pay*"] } }));
    const lines = await generatedLines<DeviceEvent>({ visitors: "800", returning: "0", experiments: file });
    await rm(folder, { recursive: true });
    const first = new Map<string, DeviceEvent>();
    for (const line of lines) {
      const isEligible = line.event === "pageview" && (line.path === "/cart" || line.path === "/payment");
      if (isEligible && !first.has(line.deviceId)) first.set(line.deviceId, line);
    }
    const exposures = lines.filter(({ event }) => event === "exposure");
    expect(exposures.map(({ deviceId, ts, path }) => [deviceId, ts, path])).toEqual(
      exposures.map(({ deviceId }) => [deviceId, first.get(deviceId)?.ts, first.get(deviceId)?.path]),
    );
    expect(exposures.length).toBe(first.size);
  });

  test("walks as often to each page as the Markov chain says", async () => {
    const visitors = 20_000;
    const lines = await generatedLines<DeviceEvent>({ visitors: String(visitors), returning: "0", seed: "walk" });
    const pages = lines.filter(({ event }) => event === "pageview");
    for (const page of ["product_a", "cart", "payment", "confirmation"] as const) {
      const seen = new Set(pages.filter(({ path }) => path === `/${page}`).map(({ deviceId }) => deviceId)).size;
      const probability = reachFromLanding(MOVES, new Set([PAGES.indexOf(page)]));
      const { pTwoSided } = binomialExact({ k: seen, n: visitors, p: probability });
      expect(pTwoSided, `${page}: ${seen} of ${visitors}, expected ${probability * visitors}`).toBeGreaterThan(0.001);
    }
    const landings = PAGES.map(() => 0);
    const seen = new Set<string>();
    for (const { deviceId, path = "" } of pages) {
      const page = (PAGES as readonly string[]).indexOf(path.slice(1));
      if (!seen.has(deviceId)) landings[page] = (landings[page] ?? 0) + 1;
      seen.add(deviceId);
    }
    const split = sampleRatioMismatch({ counts: landings.slice(0, 3), weights: [60, 25, 15] });
    expect([split.mismatch, landings.slice(3)]).toEqual([false, [0, 0, 0]]);
  });

  test("has the hours of the curve, and as many returns as were asked for", async () => {
    const lines = await generatedLines<FakeWebEvent>({
      visitors: "20000",
      returning: "40%",
      format: "fake-web-events",
    });
    const visits = new Map<string, FakeWebEvent>();
    for (const line of lines) if (!visits.has(line.click_id)) visits.set(line.click_id, line);
    const hours = HOURLY.map(() => 0);
    for (const { event_timestamp: at } of visits.values()) {
      const hour = Number(at.slice(11, 13));
      hours[hour] = (hours[hour] ?? 0) + 1;
    }
    expect(sampleRatioMismatch({ counts: hours, weights: HOURLY }).mismatch).toBe(false);
    // All visits but the last of each visitor are followed by another one.
    const returns = binomialExact({ k: visits.size - 20_000, n: visits.size, p: 0.4 });
    expect(returns.pTwoSided).toBeGreaterThan(0.001);
  });
});

describe("an effect", () => {
  /** Exposed and converted devices by group. */
  async function rates(flags: Readonly<Record<string, string>>, experiment: string, goal: string) {
    return ratesIn(await generatedLines<DeviceEvent>(flags), experiment, goal);
  }
  function ratesIn(lines: readonly Event[], experiment: string, goal: string) {
    const { epochs } = tally(experiment, lines, { goals: [goal], run: null });
    return (epochs[0]?.groups ?? []).map(({ devices, goals }) => ({
      n: devices,
      conversions: goals[0]?.devices ?? 0,
      sum: goals[0]?.values.sum ?? 0n,
    }));
  }

  test.each([
    "+20%",
    "-30%",
    "+60%",
  ])("of %s on a goal is exactly that of the share of visitors who reach it", async (percent) => {
    const { experiments, settings } = await readDefinitions("experiments", CHECKOUT);
    const onSite = experimentsOnSite(experiments, settings);
    const effects = parseEffects([`checkout.B.confirmation=${percent}`], experiments);
    const { byCombination } = behavioursOf(onSite, effects, 0);
    const rate = (combination: number) => {
      const moves = byCombination[combination]?.nextUpTo.map((sums) =>
        [...sums].map((sum, index) => sum - (sums[index - 1] ?? 0)),
      );
      return reachFromLanding(moves ?? [], new Set([PAGES.indexOf("confirmation")]));
    };
    expect(rate(1) / rate(0)).toBeCloseTo(1 + Number.parseFloat(percent) / 100, 9);
  });

  test("is in the log, for its goal and its experiment only", async () => {
    const flags = { visitors: "12000", effect: "checkout.B.confirmation=+50%", seed: "effect" };
    const lines = await generatedLines<DeviceEvent>(flags);
    const [a, b] = ratesIn(lines, "checkout", "confirmation");
    const lift = (b?.conversions ?? 0) / (b?.n ?? 1) / ((a?.conversions ?? 0) / (a?.n ?? 1)) - 1;
    expect(lift).toBeGreaterThan(0.3);
    expect(lift).toBeLessThan(0.7);
    const [x, y] = ratesIn(lines, "headline", "confirmation");
    expect(x && y && twoProportions({ a: x, b: y, alpha: 0.05 }).pooled.pValue).toBeGreaterThan(0.001);
  });

  test("on purchases changes their amounts, not their number", async () => {
    const flags = { visitors: "8000", effect: "checkout.B.purchase=+50%" };
    const [a, b] = await rates(flags, "checkout", "purchase");
    const amount = (group: typeof a) => Number(group?.sum ?? 0n) / (group?.conversions ?? 1);
    expect(amount(b) / amount(a)).toBeGreaterThan(1.3);
    expect(amount(b) / amount(a)).toBeLessThan(1.7);
    const without = await rates({ visitors: "8000" }, "checkout", "purchase");
    expect([a, b].map((group) => group?.conversions)).toEqual(without.map(({ conversions }) => conversions));
  });

  test.each([
    ["checkout.B.confirmation", 'is "checkout.B.confirmation": allowed is experiment.group.goal=±percent%'],
    ["chekout.B.confirmation=+20%", 'has the experiment "chekout": allowed are checkout'],
    ["checkout.C.confirmation=+20%", 'has the group "C" of checkout: allowed are A, B'],
    ["checkout.B.signup=+20%", 'has the goal "signup": allowed are product_a'],
    ["checkout.B.confirmation=-120%", 'is "checkout.B.confirmation=-120%": allowed are changes from -100%'],
    [
      "checkout.B.confirmation=+900%",
      "checkout.B.confirmation=+900% is more than visitors can do: allowed are changes up to",
    ],
  ])("of %s is an error that says what is allowed", async (effect, message) => {
    await expect(generated({ visitors: "10", experiments: CHECKOUT, effect })).rejects.toThrow(message);
  });
});

describe("a flag", () => {
  test.each([
    [{ visitors: "0" }, '--visitors is "0": allowed are whole numbers from 1 to 20,000,000'],
    [{ visitors: "1e3" }, '--visitors is "1e3"'],
    [{ days: "400" }, '--days is "400": allowed are whole numbers from 1 to 366'],
    [{ start: "2026-02-30" }, '--start is "2026-02-30": allowed is a day such as 2026-01-31'],
    [{ returning: "95%" }, '--returning is "95%": allowed are shares from 0% to 90%'],
    [{ format: "xml" }, '--format is "xml": allowed are ndjson, csv, parquet, fake-web-events'],
    [{ seed: "" }, "--seed is empty"],
  ])("of %j is an error that says what is allowed", (flags, message) => {
    expect(() => parseGenerateOptions(flags)).toThrow(message);
  });

  test("writes to standard output for a dash, as without a file", () => {
    expect(parseGenerateOptions({ output: "-" })).toEqual(parseGenerateOptions({}));
  });

  test("takes the format from the file's name", () => {
    const formatOf = (flags: object) => parseGenerateOptions({ ...flags }).format;
    expect(formatOf({ output: "a.csv" })).toBe("csv");
    expect(formatOf({ output: "a.PARQUET" })).toBe("parquet");
    expect(formatOf({ output: "a.json" })).toBe("ndjson");
    expect(formatOf({ output: "a.csv", format: "fake-web-events" })).toBe("fake-web-events");
  });
});
