import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

/**
 * Chromium flags: no network calls of its own, no first-run work, no page kept alive for the next
 * visitor of the tab. Without RenderDocument a visit keeps its tab's view, which saves a fifth of
 * the processor time. Fewer threads and processes mean less messaging: a third more visits per
 * second on two cores.
 */
const FLAGS = [
  "--headless",
  "--disable-gpu",
  "--no-first-run",
  "--disable-extensions",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-renderer-backgrounding",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-features=BackForwardCache,RenderDocument,PaintHolding,Translate,OptimizationHints",
  "--disable-threaded-compositing",
  "--disable-threaded-animation",
  "--disable-threaded-scrolling",
  "--disable-checker-imaging",
  "--in-process-gpu",
  "--enable-features=NetworkServiceInProcess2",
  "--remote-debugging-pipe",
] as const;

type Listener = (params: Record<string, unknown>) => void;

/** A page's own channel of the DevTools protocol. */
export interface Session {
  send<T = Record<string, unknown>>(method: string, params?: object): Promise<T>;
  on(event: string, listener: Listener): void;
}

/** A browser process, controlled over a pipe. */
export interface Browser extends Pick<Session, "send"> {
  attach(targetId: string): Promise<Session>;
  close(): Promise<void>;
}

/**
 * Starts a browser and speaks the Chrome DevTools Protocol with it
 * (https://chromedevtools.github.io/devtools-protocol/). Playwright is not used here because it
 * listens to every request of every page: without it, 1.5 times the visits per second.
 */
export async function launchBrowser(executable: string): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), "fairsplit-browser-"));
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const child = spawn(executable, [...FLAGS, ...sandbox, `--user-data-dir=${profile}`], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    // Use a separate process group: the simulator handles Ctrl-C and lets running visits finish.
    detached: process.platform !== "win32",
  });
  const connection = connect(child);
  const close = async () => {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.signalCode === null) {
      killTree(child);
      await exited;
    }
    // Child processes of the browser may keep the pipes open, which would keep this process alive.
    for (const stream of child.stdio) stream?.destroy();
    // Retry: the children of a killed browser write to its profile for another moment.
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
  process.once("exit", () => killTree(child));
  try {
    await connection.send("Browser.getVersion");
  } catch (error) {
    await close();
    throw error;
  }
  return {
    send: connection.send,
    async attach(targetId) {
      const { sessionId } = await connection.send<{ sessionId: string }>("Target.attachToTarget", {
        targetId,
        flatten: true,
      });
      return {
        send: (method, params) => connection.send(method, params, sessionId),
        on: (event, listener) => connection.listeners.set(`${sessionId}:${event}`, listener),
      };
    },
    close,
  };
}

/** Kills the browser and all its processes: it leads its own process group. */
function killTree(child: ChildProcess): void {
  try {
    if (child.pid !== undefined && process.platform !== "win32") process.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // The process has already exited.
  }
}

interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** JSON messages terminated by NUL, written to descriptor 3 and read from descriptor 4. */
function connect(child: ChildProcess) {
  const output = child.stdio[3] as Writable;
  const input = child.stdio[4] as Readable;
  const waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  const listeners = new Map<string, Listener>();
  let lastId = 0;
  let closed: Error | undefined;

  const close = (reason: string) => {
    closed ??= new Error(reason);
    for (const { reject } of waiting.values()) reject(closed);
    waiting.clear();
  };
  child.once("error", (error) => close(`the browser did not start: ${error.message}`));
  child.once("exit", () => close("the browser ended"));
  // Ignore write errors: the exit handler above reports a browser that dies.
  output.on("error", () => undefined);

  const receive = ({ id, sessionId, method, params, result, error }: Message) => {
    if (id === undefined) return listeners.get(`${sessionId ?? ""}:${method}`)?.(params ?? {});
    const call = waiting.get(id);
    waiting.delete(id);
    if (error) call?.reject(new Error(error.message));
    else call?.resolve(result as never);
  };
  let rest: Buffer[] = [];
  input.on("data", (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(0); end !== -1; end = chunk.indexOf(0, start)) {
      rest.push(chunk.subarray(start, end));
      receive(JSON.parse(Buffer.concat(rest).toString("utf8")) as Message);
      rest = [];
      start = end + 1;
    }
    rest.push(chunk.subarray(start));
  });

  return {
    listeners,
    send: <T>(method: string, params: object = {}, sessionId?: string): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        if (closed) return reject(closed);
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        output.write(`${JSON.stringify({ id: lastId, method, params, sessionId })}\0`);
      }),
  };
}
