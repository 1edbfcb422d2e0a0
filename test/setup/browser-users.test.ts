import { expect, test } from "vitest";
import { usesBrowser } from "../../setup/browser-users.mjs";

test.each([
  ["simulate", ["-n", "5"], true],
  ["simulate", ["--driver", "browser"], true],
  ["simulate", ["--driver", "http", "-n", "5"], false],
  ["simulate", ["--driver=dom"], false],
  ["simulate", ["--mix", "dom=5,http=5"], false],
  ["simulate", ["--mix=browser=5,http=5"], true],
  ["simulate", ["proof"], false],
  ["simulate", ["merge", "a.json"], false],
  ["simulate", ["rehearse", "x"], true],
  ["simulate", ["--driver"], true],
  ["test", [], true],
  ["demo", [], false],
])("npm run %s %j gets a browser: %s", (command, args, isNeeded) => {
  expect(usesBrowser(command, args)).toBe(isNeeded);
});
