import { writeSync } from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { onTestFinished } from "vitest";

type Call = (...parts: unknown[]) => Promise<unknown>;

/** Handles of calls that never settle: collected, they would be closed with a warning. */
const held: unknown[] = [];
const CALLS = ["rename", "rm", "unlink", "mkdir", "writeFile", "copyFile"] as const;
const METHODS = ["write", "writeFile", "sync", "datasync", "truncate"] as const;

/**
 * Lets the process do nothing more to files from its `last`-th change on, as if it were killed
 * there: that call never settles, and a write has written half of its bytes.
 */
export async function stopAtStep(last: number) {
  let steps = 0;
  let stop: () => void = () => undefined;
  const stopped = new Promise<"stopped">((resolve) => {
    stop = () => resolve("stopped");
  });
  const undo: (() => void)[] = [];
  const patch = (target: Record<string, Call>, name: string, half: (that: unknown, data: unknown) => void) => {
    const call = target[name] as Call;
    target[name] = function (this: unknown, ...parts) {
      steps += 1;
      if (steps < last) return call.apply(this, parts);
      if (steps === last) half(this, parts[0]);
      stop();
      held.push(this);
      return new Promise(() => undefined);
    };
    undo.push(() => {
      target[name] = call;
    });
  };
  for (const name of CALLS) patch(fs as unknown as Record<string, Call>, name, () => undefined);
  const handle = await fs.open(new URL(import.meta.url));
  const methods = Object.getPrototypeOf(handle);
  await handle.close();
  for (const name of METHODS) {
    patch(methods, name, (that, data) => {
      const bytes = name.startsWith("write") ? Buffer.from(data as Buffer) : Buffer.alloc(0);
      if (bytes.length > 1) writeSync((that as FileHandle).fd, bytes, 0, bytes.length >> 1);
    });
  }
  syncBuiltinESMExports();
  const restore = () => {
    for (const one of undo.splice(0)) one();
    syncBuiltinESMExports();
  };
  onTestFinished(restore);
  return { stopped, restore };
}
