import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { removeTemporaryFolder, temporaryFolder } from "./temporary-folder.ts";

/**
 * Chromium flags: no network calls of its own, no first-run work, no page kept alive for the next
 * visitor of the tab. Without RenderDocument a visit keeps its tab's view, which saves a fifth of
 * the processor time.
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
  "--remote-debugging-pipe",
] as const;

/**
 * Fewer threads and processes mean less messaging: a third more visits per second on two cores.
 * With them no picture of a page can be taken, and it is not painted as for visitors.
 */
const FEWER_THREADS = [
  "--disable-threaded-compositing",
  "--disable-threaded-animation",
  "--disable-threaded-scrolling",
  "--disable-checker-imaging",
  "--in-process-gpu",
  "--enable-features=NetworkServiceInProcess2",
] as const;

/** Timeout for the browser's first answer: on a busy machine it takes some seconds. */
const START_PATIENCE_MS = 30_000;
/** Timeout for the rest of stderr after the browser's exit; arbitrary. */
const LAST_WORDS_MS = 500;
/** Characters of stderr that are kept; arbitrary. */
const MAX_COMPLAINTS = 8192;

/** The browser did not start, or exited. `complaints` is the end of its stderr. */
export class BrowserEnded extends Error {
  readonly complaints: string;

  constructor(reason: string, complaints: string) {
    super(reason);
    this.complaints = complaints;
  }
}

type Listener = (params: Record<string, unknown>) => void;

/** A page's own channel of the DevTools protocol. */
export interface Session {
  send<T = Record<string, unknown>>(method: string, params?: object): Promise<T>;
  on(event: string, listener: Listener): void;
  /** Calls the one listener when the browser has ended. */
  onEnd(listener: (error: BrowserEnded) => void): void;
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
 *
 * @param flags additional flags
 * @param isForMany for as many visits as possible, with no picture of any
 * @throws BrowserEnded if it does not start or does not answer
 */
export async function launchBrowser(
  executable: string,
  flags: readonly string[] = [],
  isForMany = true,
): Promise<Browser> {
  const profile = await temporaryFolder("fairsplit-browser-");
  const child = spawnBrowser(executable, [
    ...FLAGS,
    ...(isForMany ? FEWER_THREADS : []),
    ...flags,
    `--user-data-dir=${profile}`,
  ]);
  const connection = connect(child);
  const atExit = () => killTree(child);
  const close = async () => {
    process.off("exit", atExit);
    const exited = new Promise((resolve) => child.once("exit", resolve));
    const isRunning = child.pid !== undefined && child.exitCode === null && child.signalCode === null;
    // Kill the group: browser processes may outlive a wrapper script.
    killTree(child);
    if (isRunning) await exited;
    // Child processes of the browser may keep the pipes open, which would keep this process alive.
    for (const stream of child.stdio) stream?.destroy();
    await removeTemporaryFolder(profile);
  };
  // Before the listener that removes the profile.
  process.prependOnceListener("exit", atExit);
  const patience = setTimeout(
    () => connection.close(`it did not answer within ${START_PATIENCE_MS / 1000} s`),
    START_PATIENCE_MS,
  );
  try {
    await connection.send("Browser.getVersion");
  } catch (error) {
    await close();
    throw error;
  } finally {
    clearTimeout(patience);
  }
  return {
    send: connection.send,
    async attach(targetId) {
      const { sessionId } = await connection.send<{ sessionId: string }>("Target.attachToTarget", {
        targetId,
        flatten: true,
      });
      // A dialog holds up its page, and every command to it, until somebody answers.
      connection.listeners.set(`${sessionId}:Page.javascriptDialogOpening`, () => {
        void connection.send("Page.handleJavaScriptDialog", { accept: true }, sessionId);
      });
      return {
        send: (method, params) => connection.send(method, params, sessionId),
        on: (event, listener) => connection.listeners.set(`${sessionId}:${event}`, listener),
        onEnd: (listener) => connection.endings.set(sessionId, listener),
      };
    },
    close,
  };
}

function spawnBrowser(executable: string, args: readonly string[]): ChildProcess {
  try {
    return spawn(executable, args, {
      stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
      // Use a separate process group: the simulator handles Ctrl-C and lets running visits finish.
      detached: process.platform !== "win32",
    });
  } catch (error) {
    // Node throws for a binary of another architecture, and emits an error for a missing file.
    throw new BrowserEnded((error as Error).message, "");
  }
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
  const endings = new Map<string, (error: BrowserEnded) => void>();
  let lastId = 0;
  let closed: BrowserEnded | undefined;
  let complaints = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-MAX_COMPLAINTS);
  });

  const close = (reason: string) => {
    closed ??= new BrowserEnded(reason, complaints);
    for (const { reject } of waiting.values()) reject(closed);
    waiting.clear();
    for (const end of endings.values()) end(closed);
  };
  child.once("error", (error) => close(error.message));
  child.once("exit", (code, signal) => {
    const reason = signal ? `it was ended by ${signal}` : `it ended with exit code ${code}`;
    // Wait for the rest of stderr, but not long: child processes may keep the pipe open.
    if (child.stderr?.readableEnded !== false) return close(reason);
    child.stderr.once("close", () => close(reason));
    setTimeout(() => close(reason), LAST_WORDS_MS).unref();
  });
  // Ignore stream errors: the exit handler above reports a browser that dies.
  for (const stream of [output, input]) stream?.on("error", () => undefined);

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
    close,
    listeners,
    endings,
    send<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
      const answer = new Promise<T>((resolve, reject) => {
        if (closed) return reject(closed);
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        output.write(`${JSON.stringify({ id: lastId, method, params, sessionId })}\0`);
      });
      // Mark as handled: callers may ignore an answer, and the browser's end rejects them all.
      answer.catch(() => undefined);
      return answer;
    },
  };
}
