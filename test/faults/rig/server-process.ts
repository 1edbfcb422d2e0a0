import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { Event } from "../../../core/event.ts";

export const ADMIN_TOKEN = "the-fault-suite-holds-this-token";
const START_PATIENCE_MS = 30_000;
const PAGE = 10_000;

export interface StartOptions {
  /** `serve` unless said. */
  readonly mode?: "serve" | "demo";
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of node itself. */
  readonly nodeArgs?: readonly string[];
  /** A program that runs the server, with its arguments: `taskset`, `prlimit` … */
  readonly wrapper?: readonly string[];
  readonly uid?: number;
  /** Assignments recorded a minute for one address; any number unless said. */
  readonly newDevices?: number;
}

/** The program ended before it said where it listens. */
export class DidNotStart extends Error {
  readonly exitCode: number | null;

  constructor(exitCode: number | null, stderr: string) {
    super(`exit code ${exitCode}: ${stderr}`);
    this.exitCode = exitCode;
  }
}

/** A server in a process of its own, on a free loopback port. */
export interface Server {
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  /** Exit code once it has ended; null after a signal. */
  readonly exit: Promise<number | null>;
  /** Output to stderr so far. */
  readonly stderr: () => string;
  readonly isAlive: () => boolean;
  /** SIGKILL, and the end of the process. */
  kill(): Promise<void>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** Starts a server and waits for its first line. Throws DidNotStart. */
export async function startServer(program: string, data: string, options: StartOptions = {}): Promise<Server> {
  const { mode = "serve", args = [], env = {}, nodeArgs = [], wrapper = [], uid, newDevices = 0 } = options;
  const [command = "", ...rest] = [...wrapper, process.execPath, ...nodeArgs, program];
  // All clients of the suite are one address.
  const unlimited = ["--rate-limit", "0", "--new-devices", String(newDevices)];
  const child = spawn(command, [...rest, mode, "--port", "0", "--data", data, ...unlimited, ...args], {
    env: { PATH: process.env.PATH, FAIRSPLIT_ADMIN_TOKEN: ADMIN_TOKEN, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    // The newest of it; a server that floods its log must not fill our memory.
    stderr = `${stderr}${chunk}`.slice(-100_000);
  });
  const exit = once(child, "close").then(([code]) => code as number | null);
  const killAtExit = () => void child.kill("SIGKILL");
  process.once("exit", killAtExit);
  void exit.then(() => process.removeListener("exit", killAtExit));
  const patience = setTimeout(() => child.kill("SIGKILL"), START_PATIENCE_MS);
  const [line] = await Promise.race([
    once(createInterface(child.stdout), "line"),
    exit.then((code) => {
      throw new DidNotStart(code, stderr);
    }),
  ]).finally(() => clearTimeout(patience));
  const url = /http:\S+/.exec(String(line))?.[0] ?? "";
  return {
    url,
    port: Number(new URL(url).port),
    child,
    exit,
    stderr: () => stderr,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
    stop() {
      child.kill("SIGTERM");
      return exit;
    },
  };
}

/**
 * Every event of the log, in its order, as an admin reads it. Throws when an answer is not a 200.
 */
export async function* storedEvents(url: string): AsyncGenerator<Event> {
  let path: string | undefined = `/events?limit=${PAGE}`;
  while (path) {
    const answer: Response = await fetch(url + path, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
    if (!answer.ok) throw new Error(`GET ${path} answered ${answer.status}: ${await answer.text()}`);
    const events = (await answer.json()) as Event[];
    yield* events;
    if (events.length === 0) return;
    path = /<([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
  }
}

/** Resident memory of a process in MB, now and at its most. Linux only. */
export function memoryMb(pid: number | undefined): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  return { now: kib("VmRSS") / 1024, most: kib("VmHWM") / 1024 };
}

/** Waits until something is so, asking every 5 ms; false when it is not in time. */
export async function until(isSo: () => boolean | Promise<boolean>, patienceMs: number): Promise<boolean> {
  for (const end = performance.now() + patienceMs; performance.now() < end; ) {
    if (await isSo()) return true;
    await delay(5);
  }
  return false;
}
