import { expect, test } from "vitest";
import { Fifo } from "../../../server/memory/fifo.ts";

test("a queue gives its items in order, however many come and go", () => {
  const fifo = new Fifo<number>();
  let [came, went] = [0, 0];
  for (let round = 0; round < 300; round += 1) {
    for (let n = 0; n < 50 + (round % 7); n += 1) fifo.push(came++);
    for (let n = 0; n < 40; n += 1) expect(fifo.shift()).toBe(went++);
    expect([fifo.length, fifo.first]).toEqual([came - went, went]);
  }
  while (fifo.length > 0) expect(fifo.shift()).toBe(went++);
  expect([went, fifo.first, fifo.shift(), fifo.length]).toEqual([came, undefined, undefined, 0]);
});
