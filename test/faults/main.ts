// Breaks the server in every way we know of and counts what is lost:
//
//   npm run faults -- [ID…] [--cycles N] [--seed S] [--short] [--mutants] [--json] [--list]
//
// `--mutants` runs each fault against a server broken on purpose and demands that the fault finds
// it. Exit 0: all held (or all mutants were found); 1: something did not; 2: bad usage. A fault
// that this machine cannot make is skipped, and said so.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FAULTS } from "./catalogue.ts";
import { BadUsage, type Options, parseCommandLine } from "./command-line.ts";
import type { Fault } from "./rig/fault.ts";
import { builtProduct, mutatedProduct } from "./rig/product.ts";
import { Random } from "./rig/random.ts";
import { describe, header, isPassed, type Verdict } from "./verdict.ts";

try {
  const options = parseCommandLine(process.argv.slice(2), FAULTS);
  if (options.list) list(options.faults);
  else await runAll(options);
} catch (error) {
  if (!(error instanceof BadUsage)) throw error;
  process.stderr.write(`faults: ${error.message}\n`);
  process.exitCode = 2;
}

function list(faults: readonly Fault[]): void {
  for (const { id, title, cycles, cycle, mutant, lacks } of faults) {
    const missing = lacks?.() ?? null;
    process.stdout.write(
      `${id}: ${title}\n  ${cycles.full} cycles (short: ${cycles.short}), each ${cycle}\n  mutant: ${mutant.name}\n` +
        (missing === null ? "" : `  skipped here: ${missing}\n`),
    );
  }
}

async function runAll(options: Options): Promise<void> {
  const say = (text: string) => options.json || process.stdout.write(text);
  say(`seed ${options.seed}, Node ${process.version}\n${header(options.faults)}`);
  const verdicts: Verdict[] = [];
  for (const fault of options.faults) {
    const verdict = await judge(fault, options);
    verdicts.push(verdict);
    say(describe(verdict, options.faults));
  }
  const ok = verdicts.every(isPassed);
  if (options.json) {
    const results = verdicts.map((verdict) => ({ ok: isPassed(verdict), ...verdict }));
    process.stdout.write(`${JSON.stringify({ ok, seed: options.seed, node: process.version, results }, null, 2)}\n`);
  }
  process.exitCode = ok ? 0 : 1;
}

async function judge(fault: Fault, options: Options): Promise<Verdict> {
  const cycles = options.cycles ?? (options.short ? fault.cycles.short : fault.cycles.full);
  const mutant = options.mutants ? fault.mutant.name : null;
  const before = performance.now();
  const verdict = (result: Partial<Verdict>): Verdict => {
    const seconds = (performance.now() - before) / 1000;
    return { id: fault.id, mutant, cycles, seconds, skipped: null, error: null, findings: null, ...result };
  };
  const skipped = fault.lacks?.() ?? null;
  if (skipped !== null) return verdict({ skipped });

  const product = await (options.mutants ? mutatedProduct(fault.mutant) : builtProduct());
  const folder = await mkdtemp(join(tmpdir(), `fairsplit-fault-${fault.id}-`));
  const undo: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
  const undoAll = async () => {
    for (let step = undo.shift(); step; step = undo.shift()) await step();
  };
  // Mounts outlive the process that made them.
  const interrupted = () => void undoAll().finally(() => process.exit(130));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, interrupted);
  try {
    const findings = await fault.run({
      ...product,
      cycles,
      random: new Random(`${options.seed}:${fault.id}`),
      folder,
      atEnd: (step) => undo.unshift(step),
      progress: (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${fault.id}: ${text}\r`),
    });
    return verdict({ findings });
  } catch (error) {
    const { message, cause } = error as Error;
    // The cause is the only informative part of "fetch failed".
    return verdict({ error: cause instanceof Error ? `${message}: ${cause.message}` : message });
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"]) process.removeListener(signal, interrupted);
    await undoAll();
  }
}
