import type { LogWriter } from "./log-writer.ts";
import type { PageView, Visit } from "./visit.ts";

/** How page views and what comes of them are written. */
export interface LogFormat<Parts = unknown> {
  /** The first line, where there is one; empty otherwise. */
  readonly header: string;
  /** Between day and time of day. */
  readonly timeSeparator: "T" | " ";
  /** What all events of a visit share, made once. */
  partsOf(visit: Visit): Parts;
  /** Writes the events of a page view, one line each. */
  write(view: PageView, parts: Parts, writer: LogWriter): void;
}
