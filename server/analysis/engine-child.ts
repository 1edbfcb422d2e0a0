import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Rewritten } from "../events/rewrite-segment.ts";
import type { Survey } from "../events/survey.ts";
import { PromiseQueue } from "../memory/promise-queue.ts";
import type { Engine, EngineOptions } from "./engine.ts";
import type { Question, Reply } from "./engine-process.ts";

type Rows = Extract<Reply, { rows: unknown }>;

interface Asked {
  readonly resolve: (reply: Rows) => void;
  readonly reject: (error: Error) => void;
}

/** A question that takes longer is stuck: ten million events take some 10 s. */
const MAX_ANSWER_MS = 120_000;

/**
 * An engine in a separate process: a crash or lack of memory there loses no event, and it can run
 * at a lower priority than requests, unlike a thread of the server.
 *
 * @param entry the built `engine-process.ts`
 * @param maxAnswerMs time after which a question fails and the process is ended
 */
export async function openEngineChild(
  entry: URL,
  options: EngineOptions,
  maxAnswerMs = MAX_ANSWER_MS,
): Promise<Engine> {
  // Without the environment, which may contain secrets.
  const child = fork(fileURLToPath(entry), {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [],
    env: {},
  });
  const exit = once(child, "exit").catch(() => undefined);
  let asked: Asked | null = null;
  let isOpen = true;
  let watchdog: NodeJS.Timeout | undefined;
  const fail = (why: string) => {
    isOpen = false;
    asked?.reject(new Error(why));
    asked = null;
  };
  child.on("error", (error) => fail(`the analysis cannot be started: ${error.message}`));
  child.on("exit", (code, signal) => fail(`the analysis ended (${signal ?? code})`));
  child.on("message", (reply: Reply) => {
    if ("rows" in reply) asked?.resolve(reply);
    else asked?.reject(reply.isRange ? new RangeError(reply.error) : new Error(reply.error));
    asked = null;
  });
  const queue = new PromiseQueue();
  const exchange = async (question: Question): Promise<Rows> => {
    if (!isOpen) throw new Error("the analysis is not running");
    return new Promise<Rows>((resolve, reject) => {
      asked = { resolve, reject };
      child.send(question);
      // A stopped process answers no signal but this one.
      watchdog = setTimeout(() => {
        fail(`the analysis did not answer within ${maxAnswerMs / 1000} s, and was ended`);
        child.kill("SIGKILL");
      }, maxAnswerMs);
    }).finally(() => clearTimeout(watchdog));
  };
  const ask = (question: Question): Promise<readonly unknown[]> =>
    queue.run(async () => {
      const first = await exchange(question);
      if (first.left === 0) return first.rows;
      const rows = [...first.rows];
      // Requests have their turn between the parts.
      for (let { left } = first; left > 0; ) {
        const part = await exchange({ more: true });
        for (const row of part.rows) rows.push(row);
        left = part.left;
      }
      return rows;
    });
  const close = async () => {
    isOpen = false;
    // Safe: it holds nothing that must be saved.
    child.kill("SIGKILL");
    await exit;
  };
  await ask({ open: options }).catch(async (error) => {
    // It would stay beside the one of the next question.
    await close();
    throw error;
  });
  return {
    get isOpen() {
      return isOpen;
    },
    rows: async <Row>(query: Parameters<Engine["rows"]>[0]) => (await ask({ rows: query })) as Row[],
    run: async (text) => void (await ask({ run: text })),
    rewrite: async (path, removal) => (await ask({ rewrite: path, removal }))[0] as Rewritten | null,
    compress: async (path) => void (await ask({ compress: path })),
    survey: async (path) => (await ask({ survey: path }))[0] as Survey,
    close,
  };
}
