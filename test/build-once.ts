import { execFileSync } from "node:child_process";

/** Many tests run what is in dist/; it is built before the first of them, because two builds at once would meet there. */
export default function buildOnce(): void {
  execFileSync(process.execPath, ["setup.mjs", "build"], { stdio: "inherit" });
}
