// The table of exposed units, as a server has it in memory: how long it takes to be made from as
// many exposures, how many bytes a unit takes, and how long a look-up takes of a unit that is there
// and of one that is not.
//
//   npm run bench:sticky -- [--units 10000000] [--json]
import { parseArgs } from "node:util";
import { ExposedGroups } from "../core/sticky/exposed-groups.ts";
import { fingerprint } from "../core/sticky/fingerprint.ts";

const SEEDS = { high: 0x2545f491, low: 0x4f6cdd1d };
const LOOK_UPS = 1_000_000;
const ENTRIES = ["A", "B"].map((group) => ({ group, epoch: 1 }));

const { values: options } = parseArgs({
  options: { units: { type: "string", default: "10000000" }, json: { type: "boolean", default: false } },
});
const units = Number(options.units);
const printOf = (unit: number) => fingerprint(`device:${unit.toString(16).padStart(32, "0")}`, SEEDS);

const started = process.cpuUsage();
const groups = new ExposedGroups();
for (let unit = 0; unit < units; unit += 1) groups.add(printOf(unit), ENTRIES[unit % 2] as (typeof ENTRIES)[number]);
const { user, system } = process.cpuUsage(started);

/** Nanoseconds of a look-up, without those of the fingerprint, which is made once a request. */
function lookUpNs(first: number): number {
  const step = Math.max(1, Math.floor(units / LOOK_UPS));
  const prints = Array.from({ length: LOOK_UPS }, (_, i) => printOf(first + ((i * step) % units)));
  let found = 0;
  const before = process.cpuUsage();
  for (const print of prints) if (groups.find(print)) found += 1;
  const spent = process.cpuUsage(before);
  if (found !== (first === 0 ? LOOK_UPS : 0)) throw new Error(`${found} of ${LOOK_UPS} units were found`);
  return Math.round(((spent.user + spent.system) * 1000) / LOOK_UPS);
}

const result = {
  units,
  bytes: groups.units.bytes,
  bytesPerUnit: Math.round((10 * groups.units.bytes) / units) / 10,
  cpuSeconds: Math.round((user + system) / 100_000) / 10,
  lookUpNs: lookUpNs(0),
  absentNs: lookUpNs(units),
};
const { bytes, bytesPerUnit, cpuSeconds, lookUpNs: present, absentNs } = result;
process.stdout.write(
  options.json
    ? `${JSON.stringify(result)}\n`
    : `${units.toLocaleString("en")} units: ${Math.round(bytes / 1e6)} MB, ${bytesPerUnit} bytes a unit, ` +
        `made in ${cpuSeconds} s of one core; a look-up takes ${present} ns, of a unit that is not there ${absentNs} ns\n`,
);
