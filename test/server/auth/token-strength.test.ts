import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { isEasyToGuess } from "../../../server/auth/token-strength.ts";

test.each([
  "aaaaaaaaaaaaaaaaaaaaaaaa",
  "abababababababababababab",
  "abcabcabcabcabcabcabcabcabcabc",
  "123456789012345678901234",
  "0123456789012345678901234567890123456789",
  "passwordpasswordpassword",
  "Password1234Password1234",
  "password-password-password",
  "admin-admin-admin-admin-admin",
  "changemechangemechangeme",
  "fairsplit-admin-token-secret",
  "fairsplit_test_token_123456",
  "qwertyuiopqwertyuiopqwerty",
  "letmein-letmein-letmein-123",
  "Zx9$kQ2!Zx9$kQ2!Zx9$kQ2!",
  "________________________",
  "                        ",
])("%s is easy to guess", (token) => {
  expect(isEasyToGuess(token)).toBe(true);
});

test.each([
  "correct-horse-battery-staple",
  "f3b9a1c07d2e48f6b5a0c9d8",
  "prod-token-9f8G2kQx7LmZ4vTw1yRb",
])("%s is not", (token) => {
  expect(isEasyToGuess(token)).toBe(false);
});

test("what a random generator makes is not, 10,000 times", () => {
  for (let n = 0; n < 5000; n += 1) {
    const bytes = randomBytes(24);
    for (const token of [bytes.toString("base64url"), bytes.subarray(0, 16).toString("hex")]) {
      expect(isEasyToGuess(token), token).toBe(false);
    }
  }
});

test("a very long one is judged at once", () => {
  const before = performance.now();
  isEasyToGuess("ab".repeat(50_000) + "x".repeat(50_000));
  isEasyToGuess(randomBytes(75_000).toString("base64"));
  expect(performance.now() - before).toBeLessThan(2000);
});
