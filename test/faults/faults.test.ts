import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Event } from "../../core/event.ts";
import { temporaryFolder } from "../server/rig/open-app.ts";
import { FAULTS } from "./catalogue.ts";
import { BadUsage, parseCommandLine } from "./command-line.ts";
import type { Check } from "./rig/fault.ts";
import { eventOf, Journal } from "./rig/journal.ts";
import { mutate } from "./rig/mutants.ts";
import { describe as describeVerdict, held, isPassed, type Verdict } from "./verdict.ts";

const stored = (id: string): Event => ({ ...eventOf(id), source: "test" });

async function check(events: readonly Event[], fill: (journal: Journal) => void) {
  const journal = new Journal(join(await temporaryFolder(), "journal"));
  fill(journal);
  const tally = await journal.check(
    (async function* () {
      yield* events;
    })(),
  );
  journal.close();
  return tally;
}

describe("the journal", () => {
  const sendFour = (journal: Journal) => {
    journal.sending(["a", "b", "c", "d"]);
    journal.acknowledged(["a", "b"]);
  };
  const none = { lost: 0, duplicated: 0, unexpected: 0, recovered: 0 };

  test("finds nothing wrong where what was acknowledged is stored once", async () => {
    expect(await check([stored("a"), stored("b")], sendFour)).toEqual({ acknowledged: 2, ...none });
  });

  test("tells what is lost, doubled, changed or never sent from what was stored without an answer", async () => {
    expect((await check([stored("a")], sendFour)).lost).toBe(1);
    expect((await check([stored("a"), stored("b"), stored("a")], sendFour)).duplicated).toBe(1);
    expect((await check([stored("a"), stored("b"), stored("x")], sendFour)).unexpected).toBe(1);
    expect((await check([stored("a"), { ...stored("b"), params: {} }], sendFour)).unexpected).toBe(1);
    expect((await check([stored("a"), stored("b"), stored("c")], sendFour)).recovered).toBe(1);
  });
});

describe("a verdict on a mutant", () => {
  const verdict = (tally: { lost: number } | null, error: string | null): Verdict => ({
    id: "kill",
    mutant: "broken",
    cycles: 1,
    seconds: 1,
    skipped: null,
    error,
    findings: tally && {
      tally: { acknowledged: 9, duplicated: 0, unexpected: 0, recovered: 0, ...tally },
      checks: [],
    },
  });

  test("passes only when the fault was measured, not when the suite failed", () => {
    expect(isPassed(verdict({ lost: 1 }, null))).toBe(true);
    expect(isPassed(verdict({ lost: 0 }, null))).toBe(false);
    expect(isPassed(verdict(null, "no server"))).toBe(false);
  });

  test("is none where all that failed has an excuse, and says so", () => {
    const busy = { ok: false, text: "goodput 50 %", excuse: "the machine was busy" };
    const of = (...checks: Check[]): Verdict => ({
      ...verdict(null, null),
      mutant: null,
      findings: { tally: null, checks },
    });
    expect(held(of(busy))).toBe(null);
    expect(held(of(busy, { ok: false, text: "3 broken" }))).toBe(false);
    expect(held(of({ ...busy, ok: true }))).toBe(true);
    expect(describeVerdict(of(busy), FAULTS)).toContain("goodput 50 %: inconclusive, the machine was busy");
  });
});

test.each(FAULTS)("the mutant of $id quotes the product exactly once", async ({ mutant }) => {
  const { build } = await import("esbuild");
  const { errors } = await build({
    entryPoints: [mutant.file],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "silent",
    plugins: [mutate(mutant)],
  });
  expect(errors).toEqual([]);
});

describe("the command line", () => {
  test("takes faults by their ids, in the suite's order", () => {
    const { faults, cycles, seed } = parseCommandLine(["prefix", "kill", "--cycles", "7", "--seed", "s"], FAULTS);
    expect(faults.map(({ id }) => id)).toEqual(["kill", "prefix"]);
    expect([cycles, seed]).toEqual([7, "s"]);
  });

  test.each([["nothing"], ["--cycles", "0"], ["--cycles", "many"], ["--loud"]])("refuses %s", (...args) => {
    expect(() => parseCommandLine(args, FAULTS)).toThrow(BadUsage);
  });

  test("is exit 2 with the list for an unknown fault", () => {
    const { status, stderr } = spawnSync(process.execPath, ["test/faults/run.mjs", "nothing"], { encoding: "utf8" });
    expect(status).toBe(2);
    expect(stderr).toContain(`no fault "nothing": there are ${FAULTS.map(({ id }) => id).join(", ")}`);
  });
});
