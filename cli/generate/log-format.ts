import type { LogWriter } from "./log-writer.ts";
import type { PageView, Visit } from "./visit.ts";

/** The format of page views and the events that they cause. */
export interface LogFormat<Parts = unknown> {
  /** The header line; empty if the format has none. */
  readonly header: string;
  /** Separator between date and time. */
  readonly timeSeparator: "T" | " ";
  /** The parts that all events of a visit share, created once. */
  partsOf(visit: Visit): Parts;
  /** Writes the events of a page view, one line each. */
  write(view: PageView, parts: Parts, writer: LogWriter): void;
}
