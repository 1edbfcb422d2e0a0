import { expect, test } from "vitest";
import { CountingSlow, inTime } from "../../../server/results/in-time.ts";

const QUESTION = ["report", "one"];

/** A count that is finished from outside. */
function count() {
  let finish = (_: number) => {};
  let fail = (_: Error) => {};
  const counting = new Promise<number>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  return { counting, finish: (result: number) => finish(result), fail: (error: Error) => fail(error) };
}

test("a count in time is the answer, and the next one is counted anew", async () => {
  const soon = inTime();
  expect(await soon(QUESTION, async () => 1)).toBe(1);
  expect(await soon(QUESTION, async () => 2)).toBe(2);
});

test("who asks again takes the count that was waited for, once", async () => {
  const soon = inTime(5);
  const { counting, finish } = count();
  await expect(soon(QUESTION, () => counting)).rejects.toThrow(CountingSlow);
  await expect(soon(["report", "two"], async () => 7)).resolves.toBe(7);
  finish(1);
  expect(await soon(QUESTION, async () => 2)).toBe(1);
  expect(await soon(QUESTION, async () => 2)).toBe(2);
});

test("a count that fails late is the next one's error, once", async () => {
  const soon = inTime(5);
  const { counting, fail } = count();
  await expect(soon(QUESTION, () => counting)).rejects.toThrow(CountingSlow);
  fail(new Error("the disk is full"));
  await expect(soon(QUESTION, async () => 2)).rejects.toThrow("the disk is full");
  expect(await soon(QUESTION, async () => 2)).toBe(2);
});

test("a count is not waited for over five minutes, however often it is asked for", async () => {
  let now = 0;
  const soon = inTime(5, () => now);
  const never = () => new Promise<number>(() => {});
  await expect(soon(QUESTION, never)).rejects.toThrow(CountingSlow);
  now = 200_000;
  await expect(soon(QUESTION, async () => 2)).rejects.toThrow(CountingSlow);
  now = 300_000;
  expect(await soon(QUESTION, async () => 2)).toBe(2);
});
