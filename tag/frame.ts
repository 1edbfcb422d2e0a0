import { safely } from "./safely.ts";

/** Calls back once the current rendering has been painted. */
export function afterFrame(back: () => unknown): void {
  requestAnimationFrame(() => requestAnimationFrame(() => safely(back)));
}
