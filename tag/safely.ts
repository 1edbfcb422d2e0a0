/**
 * The result of something that may fail on a page that is unlike others: its failure is not to be
 * the page's error.
 */
export function safely<Result>(run: () => Result): Result | undefined {
  try {
    return run();
  } catch {
    // The page goes on as if we were not there.
  }
}
