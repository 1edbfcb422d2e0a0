/** Runs `run` and swallows its error: the tag must never break the page. */
export function safely<Result>(run: () => Result): Result | undefined {
  try {
    return run();
  } catch {
    // Ignore it.
  }
}
