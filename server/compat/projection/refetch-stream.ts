import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import { type Env, PUBLIC_HEADERS, problem } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";

/** Each holds a connection; arbitrary. Clients without a stream refetch when they start. */
const MAX_STREAMS = 1000;
/** Proxies close connections that are silent for a minute. */
const COMMENT_EVERY_MS = 25_000;

/** Open streams that notify clients of changes of the registry. */
export class RefetchStreams {
  readonly #wake = new Set<() => void>();
  readonly #stopped: AbortSignal;

  constructor(registry: Pick<Registry, "onWrite">, stopped: AbortSignal) {
    this.#stopped = stopped;
    registry.onWrite(() => {
      for (const wake of this.#wake) wake();
    });
  }

  get isFull(): boolean {
    return this.#wake.size >= MAX_STREAMS;
  }

  /** A stream of server-sent events that sends `message` after each change. */
  answer(c: Context<Env>, message: string): Response {
    if (this.isFull) {
      return problem(503, "Service Unavailable", "too many clients wait for changes", {
        headers: { "retry-after": "60" },
      });
    }
    for (const [name, value] of Object.entries({ ...PUBLIC_HEADERS, "x-accel-buffering": "no" })) c.header(name, value);
    return streamSSE(c, async (stream) => {
      const gone = new AbortController();
      const ended = AbortSignal.any([gone.signal, this.#stopped]);
      stream.onAbort(() => gone.abort());
      let changes = 0;
      let wake = () => {};
      const onChange = () => {
        changes += 1;
        wake();
      };
      this.#wake.add(onChange);
      try {
        await stream.write(": connected\n\n");
        while (!ended.aborted) {
          if (changes > 0) {
            changes = 0;
            await stream.writeSSE({ event: "message", data: message });
            continue;
          }
          const isChanged = new Promise<true>((resolve) => {
            wake = () => resolve(true);
          });
          const timer = new AbortController();
          const pause = delay(COMMENT_EVERY_MS, false, { signal: AbortSignal.any([ended, timer.signal]) });
          const woken = await Promise.race([isChanged, pause.catch(() => true)]);
          timer.abort();
          if (!woken) await stream.write(": still here\n\n");
        }
      } finally {
        this.#wake.delete(onChange);
      }
    });
  }
}
