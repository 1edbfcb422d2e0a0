import { expect, test } from "vitest";
import { turnLoadShedder } from "../../../server/ingest/load-shedder.ts";

/** A load shedder in a simulated event loop with its own clock. */
function loop() {
  let time = 0;
  let endTurn = () => {};
  const gate = turnLoadShedder(
    () => time,
    (callback: () => void) => {
      endTurn = callback;
    },
  );
  return {
    /** One turn with `requests` of some milliseconds each; returns the number begun. */
    turn(requests: number, ms: number, idleMs = 0): number {
      let begun = 0;
      for (let i = 0; i < requests; i += 1) {
        if (!gate.admits()) continue;
        begun += 1;
        time += ms;
      }
      endTurn();
      time += idleMs;
      return begun;
    },
  };
}

test("a server that keeps up turns nobody away, whatever comes in one turn", () => {
  const { turn } = loop();
  for (let i = 0; i < 100; i += 1) expect(turn(90, 1)).toBe(90);
});

test("a single burst is taken as a whole, and what comes after it in small turns as well", () => {
  const { turn } = loop();
  expect(turn(500, 1)).toBe(500);
  expect(turn(5, 1, 1)).toBe(5);
  expect(turn(5, 1, 1)).toBe(5);
});

test("while more comes than can be done, a turn begins as many as fit into 6 ms", () => {
  const { turn } = loop();
  turn(500, 1);
  for (let i = 0; i < 50; i += 1) expect(turn(40, 1)).toBe(7);
});

test("when nobody was turned away for 200 ms, bursts are taken again", () => {
  const { turn } = loop();
  turn(500, 1);
  expect(turn(40, 1)).toBe(7);
  for (let i = 0; i < 60; i += 1) expect(turn(3, 1, 1)).toBe(3);
  expect(turn(90, 1)).toBe(90);
});

test("a machine that is slow for other reasons turns nobody away", () => {
  const { turn } = loop();
  for (let i = 0; i < 20; i += 1) expect(turn(32, 10)).toBe(32);
});
