import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readDefinitions } from "../../../cli/experiment-definitions.ts";
import { type BlockCounts, countBlock, type Definitions } from "../../../simulate/proof/count-block.ts";
import { countBlocks } from "../../../simulate/proof/count-blocks.ts";
import { parseProofOptions } from "../../../simulate/proof/options.ts";
import { blocksOf, type Proof, proofOf, provable } from "../../../simulate/proof/proof.ts";
import { proofText } from "../../../simulate/proof/proof-text.ts";
import { run } from "../../server/rig/built-program.ts";
import { temporaryFolder } from "../../server/rig/open-app.ts";

const SEED = "1";
const IDS = 40_000;

async function prove(
  text: string,
  change: (definitions: Definitions) => Definitions = (same) => same,
  tamper: (blocks: BlockCounts[]) => BlockCounts[] = (same) => same,
): Promise<Proof> {
  const definitions = provable(change(await readDefinitions("experiments", text)));
  const blocks = await countBlocks(
    { definitions, seed: SEED },
    { blocks: blocksOf(IDS), threads: 0, onCounted: () => undefined },
  );
  return proofOf(definitions, tamper(blocks), { seed: SEED, ids: IDS, version: "1.2.3" });
}

const failed = ({ tests }: Proof) => [...new Set(tests.filter(({ ok }) => !ok).map(({ check }) => check))];

describe("a proof", () => {
  test("holds for splits of any weights, layers and holdouts, and is the same bytes again", async () => {
    const text = "a:A=50,B=50;b:A=1,B=98,C=1;c:A=1,B=1;d:A=1,B=0,C=3";
    const withLayer = ({ experiments, settings }: Definitions): Definitions => ({
      settings: { ...settings, holdout: { share: 0.1, salt: "quiet" } },
      experiments: experiments.map((experiment) =>
        experiment.key === "a"
          ? { ...experiment, layer: { name: "top", from: 0, to: 4000 } }
          : experiment.key === "c"
            ? { ...experiment, layer: { name: "top", from: 4000, to: 10_000 }, routes: ["/never"] }
            : experiment,
      ),
    });
    const proof = await prove(text, withLayer);
    expect([proof.faults, failed(proof), proof.ok]).toEqual([[], [], true]);
    expect(JSON.stringify(await prove(text, withLayer))).toBe(JSON.stringify(proof));
    expect(proof.pairs.map(({ a, b, kind }) => `${a}/${b} ${kind}`)).toContain("a/c exclusive");
    expect(proof.experiments[0]?.edit.tried).toBeGreaterThan(500);
    expect(proofText(proof)).toMatch(
      /Proved: all \d+ tests passed, with 1 false alarm in 10,000 proofs\. 2 could not be tested: give more IDs\.\n$/,
    );
  });

  test("of the same definitions differs with the seed only", async () => {
    const definitions = provable(await readDefinitions("experiments", "a:A=50,B=50"));
    const [first, again, other] = [SEED, SEED, "2"].map((seed) =>
      countBlock(definitions, seed, { index: 3, ids: 500 }),
    );
    expect(again).toEqual(first);
    expect(other?.digest).not.toBe(first?.digest);
  });

  test.each([
    [
      "a split of other weights than configured",
      "uniformity",
      (blocks: BlockCounts[]) =>
        blocks.map((block) => ({ ...block, groups: block.groups.map(([a = 0, b = 0]) => [a + 30, b - 30]) })),
    ],
    [
      "groups that are dealt out in turn",
      "evenness",
      (blocks: BlockCounts[]) =>
        blocks.map((block) => ({
          ...block,
          groups: block.groups.map(([a = 0, b = 0]) => [Math.ceil((a + b) / 2), Math.floor((a + b) / 2)]),
        })),
    ],
    [
      "groups that depend on the ID before",
      "serial",
      (blocks: BlockCounts[]) =>
        blocks.map((block) => ({
          ...block,
          serial: block.serial.map(() => [
            [280, 220],
            [220, 280],
          ]),
        })),
    ],
  ])("fails on %s", async (_, check, tamper) => {
    const proof = await prove("a:A=50,B=50;b:A=50,B=50", undefined, tamper);
    expect(proof.ok).toBe(false);
    expect(failed(proof)).toContain(check);
    expect(proofText(proof)).toMatch(/✗ [\s\S]*\nNot proved\.\n$/);
  });

  test("fails on two experiments of one salt, by name", async () => {
    const shared = ({ experiments, settings }: Definitions): Definitions => ({
      settings,
      experiments: experiments.map((experiment) => ({ ...experiment, salt: "the same" })),
    });
    const proof = await prove("a:A=50,B=50;b:A=50,B=50", shared);
    expect(failed(proof)).toEqual(["independence"]);
    expect(proofText(proof)).toContain("✗ no two experiments depend on each other: a/b");
  });

  test("fails on slots of a layer that overlap, and on units that an edit moves, with certainty", async () => {
    const overlapping = ({ experiments, settings }: Definitions): Definitions => ({
      settings,
      experiments: experiments.map((experiment) => ({ ...experiment, layer: { name: "top", from: 0, to: 6000 } })),
    });
    const moved = (blocks: BlockCounts[]) =>
      blocks.map((block) => ({ ...block, moved: block.moved.map(() => ({ tried: 9, moved: 1 })) }));
    const proof = await prove("a:A=50,B=50;b:A=50,B=50", overlapping, moved);
    expect(proof.ok).toBe(false);
    expect(proof.faults).toContainEqual(expect.stringMatching(/IDs of a changed their group with the weights$/));
    expect(proof.faults).toContainEqual(expect.stringMatching(/take part in both a and b, which are of one layer$/));
  });
});

test("a proof of too few IDs says how many tests it could not make", async () => {
  const definitions = provable(await readDefinitions("experiments", "a:A=1,B=1;b:A=1,B=1"));
  const proof = proofOf(definitions, [countBlock(definitions, SEED, { index: 0, ids: 1 })], {
    seed: SEED,
    ids: 1,
    version: "1.2.3",
  });
  const untested = proof.tests.filter(({ p }) => p === null).length;
  expect(untested).toBeGreaterThan(0);
  expect(proofText(proof)).toContain(`Proved: all ${proof.tests.length - untested} tests passed`);
  expect(proofText(proof)).toContain(`${untested} could not be tested: give more IDs.\n`);
});

test("IDs may be written as a power of ten", () => {
  expect(parseProofOptions({ n: "1e7" }).ids).toBe(10_000_000);
  for (const n of ["0", "1e9", "abc", "1.5", "-1"]) expect(() => parseProofOptions({ n })).toThrow(`-n is "${n}"`);
});

test("the command refuses a file that it could not write before it assigns anything", async () => {
  const { closed, output } = run(["simulate", "proof", "-n", "1e8", "--output", "/no/such/proof.json"]);
  expect([await closed, output.stderr]).toEqual([2, expect.stringContaining('--output is "/no/such/proof.json"')]);
});

test("the command prints the same bytes with one thread and with two, and writes them", async () => {
  const output = join(await temporaryFolder(), "proof.json");
  const args = ["simulate", "proof", "-n", "5000", "--experiments", "a:A=50,B=50", "--json"];
  const one = run([...args, "--threads", "1"]);
  const two = run([...args, "--threads", "2", "--output", output]);
  expect([await one.closed, await two.closed]).toEqual([0, 0]);
  expect(two.output.stdout).toBe(one.output.stdout);
  expect(await readFile(output, "utf8")).toBe(one.output.stdout);
  expect(JSON.parse(one.output.stdout)).toMatchObject({ ok: true, ids: 5000, seed: "1" });
});
