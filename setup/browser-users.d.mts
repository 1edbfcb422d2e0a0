export function usesBrowser(command: string, args: readonly string[]): boolean;
