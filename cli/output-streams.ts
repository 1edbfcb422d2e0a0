/**
 * Lets a command go on when nobody reads what it prints: a reader such as `head -1` has gone, or
 * the terminal was closed, and its files are still to be written. Where stdout cannot be written,
 * such as on a full disk, the process says so at its end and exits with the given code.
 */
export function expectClosedOutput(exitCode: number): void {
  process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (code === "EPIPE" || (code === "EIO" && process.stdout.isTTY)) return;
    process.stderr.write(`fairsplit: stdout cannot be written (${message})\n`);
    // At the end: the command sets its own code before.
    process.once("exit", () => {
      process.exitCode = exitCode;
    });
  });
  process.stderr.on("error", () => undefined);
}
