import { fieldsOf } from "../events/scan-log.ts";

const MARK = Buffer.from('"exposure"');
const NEWLINE = 0x0a;

/** Fields of an exposure in the log. */
export interface ExposureLine {
  readonly experiment: string;
  readonly group: string;
  readonly epoch: number;
  readonly deviceId: string | undefined;
  readonly accountId: string | undefined;
  readonly receivedAt: string | undefined;
}

/** The exposures among whole lines of the log, in their order; other lines are not parsed. */
export function* exposuresIn(lines: Buffer): Generator<ExposureLine> {
  for (let at = lines.indexOf(MARK); at !== -1; ) {
    const start = lines.lastIndexOf(NEWLINE, at) + 1;
    const newline = lines.indexOf(NEWLINE, at);
    const end = newline === -1 ? lines.length : newline;
    const exposure = exposureOf(lines.subarray(start, end));
    if (exposure) yield exposure;
    at = lines.indexOf(MARK, end);
  }
}

function exposureOf(line: Buffer): ExposureLine | null {
  const { event, experiment, group, epoch, deviceId, accountId, receivedAt, uncounted } = fieldsOf(line);
  if (uncounted !== undefined) return null;
  if (event !== "exposure" || typeof experiment !== "string" || typeof group !== "string") return null;
  if (typeof epoch !== "number" || !Number.isSafeInteger(epoch)) return null;
  return {
    experiment,
    group,
    epoch,
    deviceId: text(deviceId),
    accountId: text(accountId),
    receivedAt: text(receivedAt),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
