import fc from "fast-check";
import { expect, test } from "vitest";
import { nextPath } from "../../../server/auth/next-path.ts";

test.each<[wanted: string | null | undefined, next: string]>([
  ["/experiments", "/experiments"],
  ["/experiments/headline_test/edit?epoch=2&a=%2F", "/experiments/headline_test/edit?epoch=2&a=%2F"],
  ["/events?limit=1", "/events?limit=1"],
  ["/metrics", "/metrics"],
  ["/docs", "/docs"],
  [null, "/experiments"],
  [undefined, "/experiments"],
  ["", "/experiments"],
  ["experiments/x", "/experiments"],
  ["/logout", "/experiments"],
  ["/login?next=/login", "/experiments"],
  ["/experimentsx", "/experiments"],
  ["https://evil.example/experiments", "/experiments"],
  ["//evil.example/experiments", "/experiments"],
  ["///evil.example", "/experiments"],
  ["/\\evil.example/experiments", "/experiments"],
  ["\\\\evil.example", "/experiments"],
  ["/\t/evil.example/experiments", "/experiments"],
  ["/\n/evil.example", "/experiments"],
  ["/.//evil.example/experiments", "/experiments"],
  ["/experiments/..//evil.example", "/experiments"],
  ["/experiments/%2e%2e//evil.example", "/experiments"],
  ["/experiments/../login", "/experiments"],
  ["javascript:alert(1)", "/experiments"],
  [" //evil.example", "/experiments"],
  ["//here.invalid/experiments/x", "/experiments/x"],
  ["/experiments\r\nSet-Cookie: a=b", "/experiments"],
  ["/experiments/\r\nSet-Cookie: a=b", "/experiments/Set-Cookie:%20a=b"],
])("after a login, %j leads to %j", (wanted, next) => {
  expect(nextPath(wanted)).toBe(next);
});

test("whatever it is, a browser stays here", () => {
  const pieces = fc.constantFrom(
    "/",
    "\\",
    ".",
    "..",
    "%2f",
    "%5c",
    "\t",
    "\n",
    "\r",
    "@",
    ":",
    "?",
    "#",
    "//",
    "evil.example",
    "experiments",
    "http:",
    " ",
    "\0",
    "é",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const next = nextPath(parts.join(""));
      const { origin, pathname } = new URL(next, "https://ab.example.com/login");
      expect(origin).toBe("https://ab.example.com");
      expect(pathname).toMatch(/^\/(experiments|events|metrics|docs)(\/|$)/);
      expect(next).toMatch(/^[\x21-\x7e]+$/);
    }),
    { seed: 1, numRuns: 20_000 },
  );
});
