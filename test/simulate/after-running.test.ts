import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { afterRunning } from "../../simulate/after-running.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("calls once after the time, and not before", () => {
  const call = vi.fn();
  afterRunning(1000, call);
  vi.advanceTimersByTime(999);
  expect(call).not.toHaveBeenCalled();
  vi.advanceTimersByTime(5000);
  expect(call).toHaveBeenCalledOnce();
});

test("calls never when it is cancelled", () => {
  const call = vi.fn();
  afterRunning(1000, call)();
  vi.advanceTimersByTime(5000);
  expect(call).not.toHaveBeenCalled();
});

test("a process that was stopped for longer than that goes on waiting", async () => {
  vi.useRealTimers();
  const call = vi.fn();
  const cancel = afterRunning(500, call);
  // Blocks the event loop, as a stopped process or a sleeping machine does.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(call).not.toHaveBeenCalled();
  cancel();
});
