const PLAIN = /^[\w./:@%+=,][\w./:@%+=,-]*$/;
/** `%` is left out, which names variables there. */
const PLAIN_ON_WINDOWS = /^[\w./\\:@+=,][\w./\\:@+=,-]*$/;

/**
 * A text as one word of a command line that a person copies: for a POSIX shell, or on Windows for
 * cmd, PowerShell and the parser of arguments of its programs, which all know double quotes only.
 *
 * @see https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments
 * @example shellWord("C:\\Program Files\\x", "win32") // "C:\Program Files\x" with double quotes
 */
export function shellWord(text: string, platform: string): string {
  if (platform !== "win32") return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  if (PLAIN_ON_WINDOWS.test(text)) return text;
  // Backslashes count only before a quote, where each needs another.
  return `"${text.replace(/(\\*)("|$)/g, (_, slashes, quote) => slashes + slashes + (quote ? '\\"' : ""))}"`;
}
