import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Node has its own localStorage since 25, which hides the one of the tests' DOM. */
const WEB_STORAGE = ["--webstorage", "--experimental-webstorage"].find((flag) =>
  process.allowedNodeEnvironmentFlags.has(flag),
);

/**
 * Tests that replace modules, change the DOM's globals, or start browsers have modules of their
 * own. All others share theirs within a worker, because importing is a quarter of their time.
 */
const ISOLATED = [
  "test/**/*.browser.test.ts",
  "test/tag/**/*.test.ts",
  "test/server/files/durable-file.test.ts",
  "test/server/registry/killed.test.ts",
];

export default defineConfig({
  // The build puts a name with a hash there.
  define: { __MORE__: '"tag-more.js"' },
  test: {
    execArgv: WEB_STORAGE ? [WEB_STORAGE.replace("--", "--no-")] : [],
    projects: [
      { extends: true, test: { name: "isolated", include: ISOLATED } },
      {
        extends: true,
        test: {
          name: "shared",
          include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
          exclude: ISOLATED,
          isolate: false,
        },
      },
    ],
    globalSetup: "test/build-once.ts",
    testTimeout: 60_000,
    // A browser or a process on a busy machine may miss a time limit once. The report names the
    // tests that were run again; what fails twice is a fault.
    retry: 1,
    hookTimeout: 120_000,
    // Browser tests and tests of processes wait for most of their time: two workers a core leave it
    // idle for a third of the time.
    maxWorkers: Math.ceil(availableParallelism() * 2.5),
    // Longer than any wait of a healthy run, so that a busy machine fails none.
    expect: { poll: { timeout: 10_000 } },
  },
});
