import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { zipSync } from "fflate";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Analyzed, analyze } from "../../cli/analyze/analyze.ts";
import { parseAnalyzeOptions } from "../../cli/analyze/options.ts";
import { ENGINE, openEngine } from "../../server/analysis/engine.ts";

let folder: string;
/** Times without a zone are not of the machine's. */
beforeAll(() => void vi.stubEnv("TZ", "Asia/Tokyo"));
afterAll(() => void vi.unstubAllEnvs());
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairsplit-analyze-property-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Visitor {
  readonly group: string;
  readonly converted: boolean;
  /** Hundredths of a currency unit. */
  readonly spent: number;
}

/** Notation of the same table. */
const form = fc.record({
  separator: fc.constantFrom(",", ";", "\t", "|"),
  decimal: fc.constantFrom(".", ","),
  newline: fc.constantFrom("\n", "\r\n", "\r"),
  encoding: fc.constantFrom<BufferEncoding>("utf8", "utf16le", "latin1"),
  bom: fc.boolean(),
  quoted: fc.boolean(),
  compression: fc.constantFrom("none", "gzip", "zstd", "zip"),
  format: fc.constantFrom("csv", "csv", "csv", "json", "ndjson", "parquet"),
  times: fc.constantFrom("utc", "offset", "naive", "tokyo", "seconds", "milliseconds"),
  title: fc.boolean(),
  visitor: fc.constantFrom("user_id", "User ID", "userId", "customer_id", "anonymous_id", "distinct_id"),
  variant: fc.constantFrom("group", "Variant", "test group", "variation", "con_treat", "arm"),
  yes: fc.constantFrom("1/0", "true/false", "Yes/No", "TRUE/FALSE", "t/f", "1.0/0.0"),
  order: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5, maxLength: 5 }),
  lost: fc.constantFrom("none", "missing", "unreadable"),
});
type Form = typeof form extends fc.Arbitrary<infer Value> ? Value : never;

const visitors = fc.array(
  fc.record({
    group: fc.constantFrom("köln", "bonn"),
    converted: fc.boolean(),
    spent: fc.integer({ min: 0, max: 99_999 }),
  }),
  { minLength: 8, maxLength: 40 },
);

/** The first visitor comes at this time, each other one an hour after the one before. */
const START = Date.UTC(2026, 0, 20, 18);
const HOUR = 3_600_000;

function timeOf(place: number, { times }: Form): string {
  const ms = START + place * HOUR;
  const iso = (hours: number) => new Date(ms + hours * HOUR).toISOString().slice(0, 19);
  if (times === "seconds") return String(ms / 1000);
  if (times === "milliseconds") return String(ms);
  if (times === "utc") return `${iso(0)}Z`;
  if (times === "offset") return `${iso(-5)}-05:00`;
  return (times === "tokyo" ? iso(9) : iso(0)).replace("T", " ");
}

async function written(table: readonly Visitor[], how: Form): Promise<Buffer> {
  const [yes = "", no = ""] = how.yes.split("/");
  const isText = how.format === "csv";
  const rows = table.map(({ group, converted, spent }, place) => {
    const lost = place === 0 && how.lost !== "none";
    const value = (spent / 100).toFixed(2).replace(".", isText ? how.decimal : ".");
    const known = lost ? (how.lost === "missing" ? "NA" : "oops") : value;
    return [`v${place}`, group, converted ? yes : no, known, timeOf(place, how)];
  });
  const names = [how.visitor, how.variant, "converted", "spent", "timestamp"];
  const objects = rows.map((cells) => Object.fromEntries(how.order.map((column) => [names[column], cells[column]])));
  const lines = [names, ...rows].map((cells) =>
    how.order
      .map((column) => {
        const cell = cells[column] ?? "";
        return how.quoted || cell.includes(how.separator) ? `"${cell}"` : cell;
      })
      .join(how.separator),
  );
  const text = {
    csv: `${(how.title ? ["An export", ...lines] : lines).join(how.newline)}${how.newline}`,
    ndjson: objects.map((object) => `${JSON.stringify(object)}\n`).join(""),
    json: JSON.stringify(objects),
    parquet: "",
  }[how.format as "csv"];
  if (how.format === "parquet") return compressed(await parquetOf(objects), how);
  const encoding = isText ? how.encoding : "utf8";
  return compressed(Buffer.from(how.bom && encoding !== "latin1" ? `\ufeff${text}` : text, encoding), how);
}

/** The engine writes what the same objects are as a table. */
async function parquetOf(objects: readonly object[]): Promise<Buffer> {
  const engine = await openEngine({ ...ENGINE, temporary: join(folder, "spill"), folders: [folder] });
  const [from, to] = [join(folder, "objects.json"), join(folder, "objects.parquet")];
  await writeFile(from, JSON.stringify(objects));
  await engine.run(
    `copy (select * from read_json('${from}', convert_strings_to_integers = false)) to '${to}' (format parquet)`,
  );
  await engine.close();
  return readFile(to);
}

function compressed(bytes: Buffer, { compression }: Form): Buffer {
  if (compression === "gzip") return gzipSync(bytes);
  if (compression === "zip") return Buffer.from(zipSync({ "table.csv": bytes }));
  return compression === "zstd" ? zstd(bytes) : bytes;
}

/** A frame of blocks that are stored as they are: this Node has no compressor. */
function zstd(bytes: Buffer): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0]);
  header.writeUInt32LE(bytes.length, 5);
  const blocks: Buffer[] = [];
  for (let from = 0; from < bytes.length; from += 65_536) {
    const block = bytes.subarray(from, from + 65_536);
    const size = Buffer.alloc(3);
    size.writeUIntLE(block.length * 8 + (from + 65_536 >= bytes.length ? 1 : 0), 0, 3);
    blocks.push(size, block);
  }
  return Buffer.concat([header, ...blocks]);
}

async function read(bytes: Buffer, { times }: Form): Promise<Analyzed> {
  const path = join(folder, "table.csv");
  await writeFile(path, bytes);
  let printed = "";
  const flags = {
    files: [path],
    goals: "converted,spent",
    json: true,
    timezone: times === "tokyo" ? "Asia/Tokyo" : "UTC",
  };
  await analyze(parseAnalyzeOptions(flags), (text) => {
    printed += text;
  });
  return JSON.parse(printed);
}

test("how a table is written changes no number, and a lost cell only what is counted", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(visitors, form, async (some, how) => {
      const table = [
        ...some,
        { group: "köln", converted: true, spent: 125 },
        { group: "bonn", converted: false, spent: 250 },
      ];
      const { inputs, reports } = await read(await written(table, how), how);
      expect(reports[0]?.days[0]?.day).toBe("2026-01-20");
      expect(reports[0]?.days[0]?.groups.reduce((sum, { devices }) => sum + devices, 0)).toBe(6);
      const of = (goal: number, group: string) =>
        reports[0]?.goals[goal]?.groups.find((other) => other.group === group);
      for (const group of ["köln", "bonn"]) {
        const own = table.filter((visitor) => visitor.group === group);
        const known = table.filter((visitor, place) => visitor.group === group && (place > 0 || how.lost === "none"));
        expect(of(0, group)?.devices).toBe(own.length);
        expect(of(0, group)?.conversions).toBe(own.filter(({ converted }) => converted).length);
        expect(of(1, group)?.devices).toBe(known.length);
        expect(of(1, group)?.sum).toBe(known.reduce((sum, { spent }) => sum + spent, 0) / 100);
      }
      const cells = inputs[0]?.cells.find(({ column }) => column === "spent");
      expect([cells?.missing ?? 0, cells?.rejected?.count ?? 0]).toEqual([
        how.lost === "missing" ? 1 : 0,
        how.lost === "unreadable" ? 1 : 0,
      ]);
    }),
    { seed: 16, numRuns: 12 },
  );
});
