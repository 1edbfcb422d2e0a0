import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import autocannon from "autocannon";

export interface LoadRequest {
  readonly method: "GET" | "POST";
  /**
   * Every `{id}` in path and body becomes an id that was never sent before, every `{known}` one of
   * a thousand; 36 characters long.
   */
  readonly path: string;
  readonly body?: string;
}

/** Measurements of one round of load. */
export interface Load {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Share of one core that the load generator took; near 1 it, not the server, was the limit. */
  readonly loadCpu: number;
}

const CONTENT_TYPE = "text/plain;charset=UTF-8";
/** Devices that come again; as in http-load.lua. */
const KNOWN = 1000;
const LUA = "bench/http-load.lua";

/**
 * wrk needs a fifth of the processor time of autocannon for a request, which on one core would
 * itself be the limit.
 */
export const hasWrk = spawnSync("wrk", ["--version"]).error === undefined;

/** Loads a server for some seconds. Throws when an answer was not a 2xx. */
export async function load(url: string, request: LoadRequest, connections: number, seconds: number): Promise<Load> {
  const measured = await (hasWrk ? wrk : cannon)(url, request, connections, seconds);
  if (measured.failed > 0) throw new Error(`${measured.failed} of ${measured.requests} requests to ${url} failed`);
  return {
    requests: measured.requests,
    perSecond: measured.requests / measured.seconds,
    p50Ms: measured.p50Us / 1000,
    p99Ms: measured.p99Us / 1000,
    loadCpu: measured.cpuSeconds / measured.seconds,
  };
}

interface Measured {
  requests: number;
  seconds: number;
  p50Us: number;
  p99Us: number;
  failed: number;
  cpuSeconds: number;
}

async function wrk(url: string, request: LoadRequest, connections: number, seconds: number): Promise<Measured> {
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", LUA, url, "--", newSeed(), rawText(url, request)];
  const child = spawn("wrk", args, { stdio: ["ignore", "pipe", "inherit"] });
  const [output] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return JSON.parse(output.trimEnd().split("\n").at(-1) ?? "");
}

async function cannon(url: string, request: LoadRequest, connections: number, seconds: number): Promise<Measured> {
  const seed = newSeed();
  let count = 0;
  const fill = (template: string) =>
    template.replace(/\{(id|known)\}/g, (_, name) => {
      count += 1;
      const number = name === "id" ? count : count % KNOWN;
      return `${name === "id" ? seed : "00000000"}-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
    });
  const before = process.cpuUsage();
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    requests: [
      {
        method: request.method,
        setupRequest: (sent) => ({
          ...sent,
          path: fill(request.path),
          ...(request.body === undefined
            ? {}
            : { body: fill(request.body), headers: { "content-type": CONTENT_TYPE } }),
        }),
      },
    ],
  });
  const { user, system } = process.cpuUsage(before);
  return {
    requests: result.requests.total,
    seconds: result.duration,
    p50Us: result.latency.p50 * 1000,
    p99Us: result.latency.p99 * 1000,
    failed: result.non2xx + result.errors,
    cpuSeconds: (user + system) / 1e6,
  };
}

function rawText(url: string, { method, path, body }: LoadRequest): string {
  const head = `${method} ${path} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n`;
  if (body === undefined) return `${head}\r\n`;
  const length = body.replaceAll("{id}", "x".repeat(36)).length;
  return `${head}Content-Type: ${CONTENT_TYPE}\r\nContent-Length: ${length}\r\n\r\n${body}`;
}

let seeds = 0;

/** Eight hexadecimal digits, other ones in every round. */
function newSeed(): string {
  seeds += 1;
  return seeds.toString(16).padStart(8, "0");
}
