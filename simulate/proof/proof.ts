import { createHash } from "node:crypto";
import type { Experiment } from "../../core/experiment.ts";
import { chiSquareTail } from "../../core/statistics/chi-square.ts";
import { adjustPValues, binomialExact, independence } from "../../core/statistics/index.ts";
import type { Block, BlockCounts, Definitions } from "./count-block.ts";

/** Probability that a correct assignment fails any test of a proof. */
const PROOF_FALSE_ALARM_RATE = 1e-4;

const MAX_BLOCK = 100_000;
/** Expected IDs per block and group that an evenness test needs for chi-square to hold. */
const MIN_EXPECTED = 50;

export interface ProofTest {
  readonly check: "uniformity" | "independence" | "serial" | "evenness";
  /** Experiment, group or pair. */
  readonly what: string;
  /** Null if there was too little to test. */
  readonly p: number | null;
  /** Holm-adjusted over all tests of the proof. */
  readonly adjusted: number | null;
  readonly ok: boolean;
}

/**
 * The result of `simulate proof`: depends only on seed, number of IDs, definitions and version, so
 * that repeating it gives the same bytes.
 */
export interface Proof {
  readonly tool: string;
  readonly version: string;
  readonly ok: boolean;
  readonly seed: string;
  readonly ids: number;
  /** SHA-256 of the definitions as JSON. */
  readonly definitions: string;
  /** SHA-256 of the digests of all blocks' assignments, in order. */
  readonly assignments: string;
  readonly falseAlarmRate: number;
  readonly experiments: readonly {
    readonly key: string;
    readonly ids: number;
    readonly groups: readonly { readonly name: string; readonly expected: number; readonly ids: number }[];
    /** Tried IDs, and those among them whose group changed with the weights. */
    readonly edit: { readonly tried: number; readonly moved: number };
  }[];
  readonly pairs: readonly {
    readonly a: string;
    readonly b: string;
    /** `exclusive`: in one layer, so that no ID may be in both. */
    readonly kind: "independent" | "exclusive";
    readonly table: readonly (readonly number[])[];
  }[];
  readonly tests: readonly ProofTest[];
  /** Certain violations of the rules, in words. */
  readonly faults: readonly string[];
}

/** Blocks of a proof; depends only on the number of IDs. */
export function blocksOf(ids: number): Block[] {
  const size = Math.min(MAX_BLOCK, Math.max(1000, Math.ceil(ids / 64)));
  return Array.from({ length: Math.ceil(ids / size) }, (_, index) => ({
    index,
    ids: Math.min(size, ids - index * size),
  }));
}

/**
 * Makes every ID eligible: removes routes, rules and dependencies. Layers, holdouts, salts and
 * weights stay.
 */
export function provable({ experiments, settings }: Definitions): Definitions {
  const open = (experiment: Experiment): Experiment => ({ ...experiment, routes: [], rule: null, dependsOn: null });
  return { experiments: experiments.map(open), settings };
}

/** Builds a proof from the counts of all blocks. */
export function proofOf(
  definitions: Definitions,
  blocks: readonly BlockCounts[],
  { seed, ids, version }: { readonly seed: string; readonly ids: number; readonly version: string },
): Proof {
  const { experiments } = definitions;
  const shares = experiments.map(sharesOf);
  const totals = experiments.map((_, at) => addUp(blocks.map(({ groups }) => groups[at] ?? [])));
  const pairs = pairsOf(experiments).map(([a, b], at) => ({
    a: experiments[a]?.key ?? "",
    b: experiments[b]?.key ?? "",
    kind: isOneLayer(experiments[a], experiments[b]) ? ("exclusive" as const) : ("independent" as const),
    table: addUpTables(blocks.map((block) => block.pairs[at] ?? [])),
  }));
  const tests: Omit<ProofTest, "adjusted" | "ok">[] = [];
  const faults: string[] = [];
  const rows = experiments.map(({ key, groups }, at) => {
    const counts = totals[at] ?? [];
    const n = sum(counts);
    const edits = blocks.map(({ moved }) => moved[at] ?? { tried: 0, moved: 0 });
    const edit = { tried: sum(edits.map(({ tried }) => tried)), moved: sum(edits.map(({ moved }) => moved)) };
    if (edit.moved > 0)
      faults.push(`${edit.moved} of ${edit.tried} IDs of ${key} changed their group with the weights`);
    for (const [place, { name }] of groups.entries()) {
      const p = n === 0 ? null : binomialExact({ k: counts[place] ?? 0, n, p: shares[at]?.[place] ?? 0 }).pTwoSided;
      tests.push({ check: "uniformity", what: `${key} ${name}`, p });
    }
    const serial = addUpTables(blocks.map((block) => block.serial[at] ?? []));
    tests.push({ check: "serial", what: key, p: independenceP(serial) });
    tests.push({
      check: "evenness",
      what: key,
      p: evennessP(
        blocks.map((block) => block.groups[at] ?? []),
        shares[at] ?? [],
      ),
    });
    return {
      key,
      ids: n,
      groups: groups.map(({ name }, place) => ({
        name,
        expected: shares[at]?.[place] ?? 0,
        ids: counts[place] ?? 0,
      })),
      edit,
    };
  });
  for (const { a, b, kind, table } of pairs) {
    const both = sum(table.flat());
    if (kind === "independent") tests.push({ check: "independence", what: `${a}/${b}`, p: independenceP(table) });
    else if (both > 0) faults.push(`${both} IDs take part in both ${a} and ${b}, which are of one layer`);
  }
  const { holm } = adjustPValues({ pValues: tests.map(({ p }) => p), alpha: PROOF_FALSE_ALARM_RATE });
  const judged = tests.map((test, at): ProofTest => {
    const adjusted = holm[at] ?? null;
    return { ...test, adjusted, ok: adjusted === null || adjusted > PROOF_FALSE_ALARM_RATE };
  });
  return {
    tool: "fairsplit simulate proof",
    version,
    ok: faults.length === 0 && judged.every(({ ok }) => ok),
    seed,
    ids,
    definitions: sha256(JSON.stringify(definitions)),
    assignments: sha256(blocks.map(({ digest }) => digest).join("")),
    falseAlarmRate: PROOF_FALSE_ALARM_RATE,
    experiments: rows,
    pairs,
    tests: judged,
    faults,
  };
}

/**
 * Probability that chance splits the blocks at least as evenly: the lower tail of the sum of their
 * chi-squares. A hash that alternates groups has one near 0.
 */
function evennessP(blocks: readonly (readonly number[])[], shares: readonly number[]): number | null {
  let chi2 = 0;
  let df = 0;
  for (const counts of blocks) {
    const n = sum(counts);
    const expected = shares.map((share) => n * share);
    if (expected.some((count) => count > 0 && count < MIN_EXPECTED) || n === 0) continue;
    for (const [place, count] of expected.entries()) {
      if (count > 0) chi2 += ((counts[place] ?? 0) - count) ** 2 / count;
    }
    df += expected.filter((count) => count > 0).length - 1;
  }
  // With few degrees of freedom an exactly even split is too likely to be evidence.
  return df < 8 ? null : 1 - chiSquareTail(chi2, df).p;
}

function independenceP(table: readonly (readonly number[])[]): number | null {
  const { status, pValue, fisherP } = independence({ table });
  return status === "ok" ? pValue : fisherP;
}

function isOneLayer(a: Experiment | undefined, b: Experiment | undefined): boolean {
  return a?.layer != null && a.layer.name === b?.layer?.name;
}

function pairsOf(experiments: readonly Experiment[]): [a: number, b: number][] {
  return experiments.flatMap((_, a) => experiments.slice(a + 1).map((__, b): [number, number] => [a, a + 1 + b]));
}

function sharesOf({ groups }: Experiment): number[] {
  const total = sum(groups.map(({ weight }) => weight));
  return groups.map(({ weight }) => weight / total);
}

const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);

function addUp(rows: readonly (readonly number[])[]): number[] {
  return (rows[0] ?? []).map((_, place) => sum(rows.map((row) => row[place] ?? 0)));
}

function addUpTables(tables: readonly (readonly (readonly number[])[])[]): number[][] {
  return (tables[0] ?? []).map((_, row) => addUp(tables.map((table) => table[row] ?? [])));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
