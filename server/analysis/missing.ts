import { createRequire } from "node:module";

const VERSION = "1.5.5-r.5";

/** Reason why counting is impossible; null if DuckDB, an optional dependency, is installed. */
export function missingEngine(): string | null {
  try {
    createRequire(import.meta.url).resolve("@duckdb/node-bindings");
    return null;
  } catch {
    return engineMissing();
  }
}

export function engineMissing(): string {
  const install = `npm install @duckdb/node-api@${VERSION} @duckdb/node-bindings@${VERSION}`;
  return `results and analyze need DuckDB, which is not installed: ${install}`;
}
