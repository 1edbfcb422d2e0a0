import { execFileSync } from "node:child_process";

/**
 * Many tests run what is in dist/; it is built before the first of them, because two builds at once would meet there.
 * Without the set-up's look at the dependencies: these tests may run on another Node than the one they were installed by.
 */
export default function buildOnce(): void {
  execFileSync(process.execPath, ["setup.mjs", "prepare"], { stdio: "inherit" });
}
