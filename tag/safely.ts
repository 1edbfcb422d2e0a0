/** Runs something that may fail on a page that is unlike others: its failure is not to be the page's error. */
export async function safely(run: () => unknown): Promise<void> {
  try {
    await run();
  } catch {
    // The page goes on as if we were not there.
  }
}
