import type { Event } from "../../../core/event.ts";

/** Devices of one group, some of which converted. */
export interface Arm {
  readonly group: string;
  readonly devices: number;
  readonly converted: number;
  /** Value of each converting device, by its number; none by default. */
  readonly value?: (device: number) => number;
}

interface Where {
  readonly epoch?: number;
  readonly run?: string;
  readonly goal?: string;
  /** Day of the first device; the others follow evenly. */
  readonly from?: string;
  readonly days?: number;
}

const DAY_MS = 86_400_000;

/** Events of devices exposed to their group of an experiment, and of those that then converted. */
export function visitsOf(
  experiment: string,
  arms: readonly Arm[],
  { epoch = 1, run, goal = "button_click", from = "2026-01-31", days = 1 }: Where = {},
): Event[] {
  const common = { source: "test", params: {}, experiment, epoch, ...(run === undefined ? {} : { run }) };
  return arms.flatMap(({ group, devices, converted, value }) =>
    Array.from({ length: devices }, (_, n) => {
      const deviceId = `${experiment}-${epoch}-${run ?? ""}-${group}-${n}`;
      const ts = new Date(Date.parse(from) + Math.floor(((n + 0.5) / devices) * days * DAY_MS)).toISOString();
      // Spread conversions evenly among the devices, so that each day has its share.
      const isConverted = Math.floor(((n + 1) * converted) / devices) > Math.floor((n * converted) / devices);
      const id = (name: string) => `${Buffer.from(deviceId).toString("base64url").slice(0, 50)}-${n}-${name}`;
      const exposure: Event = { id: id("x"), ts, deviceId, event: "exposure", group, ...common };
      if (!isConverted) return [exposure];
      const worth = value === undefined ? {} : { value: value(n) };
      return [exposure, { id: id("g"), ts, deviceId, event: goal, group, ...common, ...worth }];
    }).flat(),
  );
}
