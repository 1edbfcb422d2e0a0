export const LOG_LEVELS = ["error", "warn", "info"] as const;
export const LOG_FORMATS = ["text", "json"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = (typeof LOG_FORMATS)[number];

/**
 * The server's own messages: one line each as text, or as a JSON document with `time`, `level` and
 * `message`.
 */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  /** A bug or a failing disk: with its stack. */
  error(error: Error): void;
}

/** Messages below `level` are left out. */
export function createLogger(level: LogLevel, format: LogFormat, write: (line: string) => void): Logger {
  const log = (messageLevel: LogLevel, message: string, stack?: string) => {
    if (LOG_LEVELS.indexOf(messageLevel) > LOG_LEVELS.indexOf(level)) return;
    if (format === "text") return write(`${stack ?? `fairsplit: ${message}`}\n`);
    const time = new Date().toISOString();
    write(`${JSON.stringify({ time, level: messageLevel, message, ...(stack && { stack }) })}\n`);
  };
  return {
    info: (message) => log("info", message),
    warn: (message) => log("warn", message),
    error: (error) => log("error", error.message, error.stack ?? error.message),
  };
}
