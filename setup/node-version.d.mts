/** Says in one sentence why a Node cannot be used; null when it can. */
export function nodeProblem(version: string): string | null;
