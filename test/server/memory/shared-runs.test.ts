import { expect, test } from "vitest";
import { sharedRuns } from "../../../server/memory/shared-runs.ts";

test("a question that is being answered is not asked again, another one and a later one are", async () => {
  const shared = sharedRuns<number>();
  const asked: string[] = [];
  const ask = (question: string) =>
    shared(question, async () => {
      const number = asked.push(question);
      await new Promise(setImmediate);
      return number;
    });
  expect(await Promise.all([ask("a"), ask("b"), ask("a")])).toEqual([1, 2, 1]);
  expect(await ask("a")).toBe(3);
  expect(asked).toEqual(["a", "b", "a"]);
});

test("an error goes to all who asked, and the next is asked anew", async () => {
  const shared = sharedRuns<number>();
  const fail = () => shared("a", () => Promise.reject(new Error("no")));
  expect((await Promise.allSettled([fail(), fail()])).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await shared("a", async () => 1)).toBe(1);
});
