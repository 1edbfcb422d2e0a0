import { type ChildProcess, spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { EnvironmentMissing } from "./environment.ts";
import { removeTemporaryFolder, temporaryFolder } from "./temporary-folder.ts";

const START_PATIENCE_MS = 20_000;
/** The server stops by itself within 8 s. */
const STOP_PATIENCE_MS = 9000;

export interface OwnServer {
  /** Base URL. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Edits the experiments' file by hand: reads the running server's, stops it, changes the file, and
 * starts it again.
 */
export interface Preparation {
  before(url: string): Promise<void>;
  change(experimentsFile: string): Promise<void>;
}

/** Starts the demo server as a child process on a free loopback port, with throw-away data. */
export async function startOwnServer(prepare?: Preparation): Promise<OwnServer> {
  const data = await temporaryFolder("fairsplit-data-");
  let running = await run(data);
  if (prepare) {
    await prepare.before(running.url);
    await end(running.child);
    await prepare.change(join(data, "experiments.json"));
    running = await run(data);
  }
  const { child, url } = running;
  return {
    url,
    async stop() {
      await end(child);
      await removeTemporaryFolder(data);
    },
  };
}

/** Rewrites the first two weights of every experiment. */
export async function setFirstWeights(experimentsFile: string, first: number, second: number): Promise<void> {
  await edit(experimentsFile, ({ groups }) => {
    groups.slice(0, 2).forEach((group, index) => {
      group.weight = index === 0 ? first : second;
    });
  });
}

/** Moves the boundary between the first two groups by one. */
export async function moveFirstBoundary(experimentsFile: string): Promise<void> {
  await edit(experimentsFile, ({ groups: [first, second] }) => {
    if (!first || !second || second.weight < 1) return;
    first.weight += 1;
    second.weight -= 1;
  });
}

/** Gives all experiments one salt, so that they split alike. */
export async function shareSalt(experimentsFile: string): Promise<void> {
  await edit(experimentsFile, (experiment) => {
    experiment.salt = "shared";
  });
}

interface StoredExperiment {
  groups: { weight: number }[];
  salt: string | null;
}

async function edit(experimentsFile: string, change: (experiment: StoredExperiment) => void): Promise<void> {
  const content = JSON.parse(await readFile(experimentsFile, "utf8")) as {
    experiments: StoredExperiment[];
    check?: string;
  };
  // Remove the checksum: it states that the file was not edited.
  delete content.check;
  content.experiments.forEach(change);
  await writeFile(experimentsFile, JSON.stringify(content));
}

async function run(data: string): Promise<{ child: ChildProcess; url: string }> {
  const program = fileURLToPath(new URL("fairsplit.js", import.meta.url));
  const child = spawn(process.execPath, [program, "demo", "--port", "0", "--data", data], {
    // By the channel it hears of this process's end, even of one that was killed.
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    // Use a separate process group: the simulator handles Ctrl-C and stops the server after the
    // visits.
    detached: process.platform !== "win32",
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("FAIRSPLIT_"))),
  });
  // Before the listener that removes its data.
  process.prependOnceListener("exit", () => child.kill("SIGKILL"));
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (reason: string) => reject(new EnvironmentMissing(`the server did not start: ${reason}`));
    const timer = setTimeout(() => fail(`no answer within ${START_PATIENCE_MS / 1000} s`), START_PATIENCE_MS);
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code) => fail(`exit code ${code}`));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once("line", (line) => {
      clearTimeout(timer);
      resolve(/http:\S+/.exec(line)?.[0] ?? "");
    });
  });
  return { child, url };
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const kill = setTimeout(() => child.kill("SIGKILL"), STOP_PATIENCE_MS);
    child.removeAllListeners("exit");
    child.once("exit", () => {
      clearTimeout(kill);
      child.stdout?.destroy();
      resolve();
    });
    child.kill("SIGTERM");
  });
}
