/**
 * Shares the runs of costly questions: who asks one that is being answered gets the same answer,
 * so that a flood of them takes no more than one at a time.
 */
export function sharedRuns<Result>(): (question: string, run: () => Promise<Result>) => Promise<Result> {
  const underWay = new Map<string, Promise<Result>>();
  return (question, run) => {
    const known = underWay.get(question);
    if (known) return known;
    const result = run().finally(() => underWay.delete(question));
    underWay.set(question, result);
    return result;
  };
}
