import { expect, test } from "vitest";
import { PromiseQueue } from "../../../server/memory/promise-queue.ts";

test("begins a function when the one before has ended", async () => {
  const queue = new PromiseQueue();
  const seen: string[] = [];
  let end = () => undefined as unknown;
  const first = queue.run(async () => {
    seen.push("first begins");
    await new Promise((resolve) => {
      end = () => resolve(undefined);
    });
    seen.push("first ends");
    return 1;
  });
  const second = queue.run(() => {
    seen.push("second");
    return 2;
  });
  await new Promise(setImmediate);
  expect(seen).toEqual(["first begins"]);
  end();
  expect(await Promise.all([first, second])).toEqual([1, 2]);
  expect(seen).toEqual(["first begins", "first ends", "second"]);
});

test("tells an error to its own caller, and goes on", async () => {
  const queue = new PromiseQueue();
  const failed = queue.run(() => Promise.reject(new Error("first")));
  const thrown = queue.run(() => {
    throw new Error("second");
  });
  const third = queue.run(() => 3);
  await expect(failed).rejects.toThrow("first");
  await expect(thrown).rejects.toThrow("second");
  expect(await third).toBe(3);
});

test("is idle when all that waited is done, also after an error", async () => {
  const queue = new PromiseQueue();
  await queue.idle();
  let isDone = false;
  queue.run(() => Promise.reject(new Error("no"))).catch(() => undefined);
  void queue.run(async () => {
    await new Promise(setImmediate);
    isDone = true;
  });
  await queue.idle();
  expect(isDone).toBe(true);
});
