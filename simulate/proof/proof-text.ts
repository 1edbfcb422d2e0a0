import type { Proof, ProofTest } from "./proof.ts";

const CHECKS: Readonly<Record<ProofTest["check"], string>> = {
  uniformity: "every group has its share",
  independence: "no two experiments depend on each other",
  serial: "no ID's group depends on the ID before",
  evenness: "splits vary as chance does",
};

/** The proof as text, ending with a newline. */
export function proofText(proof: Proof): string {
  const { ids, seed, experiments, tests, faults, falseAlarmRate } = proof;
  const untested = tests.filter(({ p }) => p === null).length;
  const moreNeeded = untested > 0 ? ` ${untested} could not be tested: give more IDs.` : "";
  const edits = experiments.reduce((sum, { edit }) => sum + edit.tried, 0);
  const lines = [
    `${number(ids)} device IDs, seed ${seed}, ${experiments.length} experiments, assigned by fairsplit ${proof.version}`,
    "",
    ...experiments.map(({ key, groups, ids: own }) => {
      const split = groups.map(({ name, ids: seen }) => `${name} ${percent(own === 0 ? 0 : seen / own)}`).join(", ");
      return `${key}: ${split} of ${number(own)}`;
    }),
    "",
    ...Object.entries(CHECKS).map(([check, words]) =>
      checkLine(
        tests.filter((test) => test.check === check),
        words,
      ),
    ),
    ...(edits > 0 ? [`✓ a change of weights moved 0 of ${number(edits)} IDs that had been exposed`] : []).filter(() =>
      experiments.every(({ edit }) => edit.moved === 0),
    ),
    ...faults.map((fault) => `✗ ${fault}`),
    "",
    `definitions ${proof.definitions}`,
    `assignments ${proof.assignments}`,
    proof.ok
      ? `Proved: all ${tests.length - untested} tests passed, with 1 false alarm in ${number(1 / falseAlarmRate)} proofs.${moreNeeded}`
      : "Not proved.",
  ];
  return `${lines.join("\n")}\n`;
}

function checkLine(tests: readonly ProofTest[], words: string): string {
  const tested = tests.filter(({ p }) => p !== null);
  if (tested.length === 0) return `- ${words}: not tested, there is too little`;
  const failed = tested.filter(({ ok }) => !ok);
  const least = tested.reduce((a, b) => ((b.adjusted ?? 1) < (a.adjusted ?? 1) ? b : a));
  if (failed.length === 0) return `✓ ${words}: ${tested.length} tests, smallest adjusted p ${round(least.adjusted)}`;
  return `✗ ${words}: ${failed.map(({ what, adjusted }) => `${what} (adjusted p ${round(adjusted)})`).join(", ")}`;
}

const number = (count: number) => Math.round(count).toLocaleString("en");
const percent = (share: number) => `${(100 * share).toFixed(3)}%`;
const round = (p: number | null) => (p === null ? "–" : p >= 0.001 ? p.toFixed(3) : p.toExponential(1));
