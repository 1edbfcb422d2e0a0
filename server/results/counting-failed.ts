/** Events could not be counted; asked again later, they may be. */
export class CountingFailed extends Error {}

/** The result of counting; rejects with CountingFailed and its reason. */
export async function orCountingFailed<Result>(counting: Promise<Result>): Promise<Result> {
  try {
    return await counting;
  } catch (error) {
    throw new CountingFailed(`the events are stored, but cannot be counted now: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
