/** Invalid usage: exit code 2, one line and an example. */
export class UsageError extends Error {}
