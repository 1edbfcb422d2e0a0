import { execFileSync } from "node:child_process";

/**
 * Builds dist/ once before the first test that runs it: two builds at once would collide. Skips the
 * set-up's check of dependencies, because these tests may run on another Node than the one they
 * were installed by.
 */
export default function buildOnce(): void {
  execFileSync(process.execPath, ["setup.mjs", "prepare"], { stdio: "inherit" });
}
