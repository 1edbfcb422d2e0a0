import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Analyzed, analyze } from "../../cli/analyze/analyze.ts";
import { parseAnalyzeOptions } from "../../cli/analyze/options.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairsplit-analyze-property-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Visitor {
  readonly group: string;
  readonly converted: boolean;
  /** In hundredths. */
  readonly spent: number;
}

/** How the same table is written. */
const form = fc.record({
  separator: fc.constantFrom(",", ";", "\t", "|"),
  decimal: fc.constantFrom(".", ","),
  newline: fc.constantFrom("\n", "\r\n", "\r"),
  encoding: fc.constantFrom<BufferEncoding>("utf8", "utf16le", "latin1"),
  bom: fc.boolean(),
  quoted: fc.boolean(),
  gzip: fc.boolean(),
  title: fc.boolean(),
  visitor: fc.constantFrom("user_id", "User ID", "userId", "customer_id", "anonymous_id", "distinct_id"),
  variant: fc.constantFrom("group", "Variant", "test group", "variation", "con_treat", "arm"),
  yes: fc.constantFrom("1/0", "true/false", "Yes/No", "TRUE/FALSE", "t/f", "1.0/0.0"),
  order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 }),
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

function written(table: readonly Visitor[], how: Form): Buffer {
  const [yes = "", no = ""] = how.yes.split("/");
  const rows = table.map(({ group, converted, spent }, place) => {
    const lost = place === 0 && how.lost !== "none";
    const value = (spent / 100).toFixed(2).replace(".", how.decimal);
    return [`v${place}`, group, converted ? yes : no, lost ? (how.lost === "missing" ? "NA" : "oops") : value];
  });
  const lines = [[how.visitor, how.variant, "converted", "spent"], ...rows].map((cells) =>
    how.order
      .map((column) => {
        const cell = cells[column] ?? "";
        return how.quoted || cell.includes(how.separator) ? `"${cell}"` : cell;
      })
      .join(how.separator),
  );
  const text = `${(how.title ? ["An export", ...lines] : lines).join(how.newline)}${how.newline}`;
  const bytes = Buffer.from(how.bom && how.encoding !== "latin1" ? `\ufeff${text}` : text, how.encoding);
  return how.gzip ? gzipSync(bytes) : bytes;
}

async function read(bytes: Buffer): Promise<Analyzed> {
  const path = join(folder, "table.csv");
  await writeFile(path, bytes);
  let printed = "";
  await analyze(parseAnalyzeOptions({ files: [path], goals: "converted,spent", json: true }), (text) => {
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
      const { inputs, reports } = await read(written(table, how));
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
    { seed: 16, numRuns: 25 },
  );
});
