import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { shellWord } from "../../core/shell-word.ts";

describe("a word of Windows' command lines", () => {
  test.each([
    ["C:\\data", "C:\\data"],
    ["C:\\Program Files\\Größe & Maß", '"C:\\Program Files\\Größe & Maß"'],
    ["C:\\Program Files\\", '"C:\\Program Files\\\\"'],
    ['say "no"', '"say \\"no\\""'],
    ['a\\" b', '"a\\\\\\" b"'],
    ["50%", '"50%"'],
    ["it's", '"it\'s"'],
    ["-x y", '"-x y"'],
    ["", '""'],
  ])("%j is %s", (text, word) => {
    expect(shellWord(text, "win32")).toBe(word);
  });

  test("is read again by the definition of Microsoft's C runtime", () => {
    for (const text of ["a b", 'x "y" z', "end\\ \\", 'both\\\\" \\"', "\\\\host\\share\\a b\\"]) {
      expect(parsed(shellWord(text, "win32"))).toBe(text);
    }
  });
});

test.skipIf(process.platform === "win32")("a word of a POSIX shell is read again by sh", () => {
  for (const text of ["plain", "it's", "a b", '"$HOME" `id` \\', "-n", "", "Größe & Maß"]) {
    const { stdout } = spawnSync("sh", ["-c", `printf %s ${shellWord(text, "linux")}`], { encoding: "utf8" });
    expect(stdout).toBe(text);
  }
});

/**
 * Reads one quoted argument by the rules of
 * https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments.
 */
function parsed(word: string): string {
  let text = "";
  for (let at = 0; at < word.length; ) {
    const slashes = /^\\*/.exec(word.slice(at))?.[0].length ?? 0;
    at += slashes;
    if (word[at] !== '"') {
      text += "\\".repeat(slashes) + (word[at] ?? "");
    } else {
      text += "\\".repeat(Math.floor(slashes / 2)) + (slashes % 2 === 1 ? '"' : "");
    }
    at += 1;
  }
  return text;
}
