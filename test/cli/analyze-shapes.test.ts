import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Analyzed, analyze } from "../../cli/analyze/analyze.ts";
import { parseAnalyzeOptions } from "../../cli/analyze/options.ts";
import { storedZip } from "../setup/stored-zip.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairsplit-shapes-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

type Files = Readonly<Record<string, string | Uint8Array>>;
type Flags = Readonly<Record<string, unknown>>;

async function run(files: Files, flags: Flags = {}): Promise<{ code: number; text: string }> {
  const paths = await Promise.all(
    Object.entries(files).map(async ([name, content]) => {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    }),
  );
  let text = "";
  const code = await analyze(parseAnalyzeOptions({ files: paths, ...flags }), (part) => {
    text += part;
  });
  return { code, text };
}

async function analyzed(files: Files, flags: Flags = {}): Promise<Analyzed> {
  return JSON.parse((await run(files, { ...flags, json: true })).text);
}

const groupsOf = ({ reports }: Analyzed) =>
  reports[0]?.goals[0]?.groups.map(({ group, devices, conversions }) => [group, devices, conversions]);

const HEADER = "user_id,group,converted";
const ROWS = ["u1,A,1", "u2,B,1", "u3,A,0", "u4,B,1", "u5,A,0", "u6,B,0"];
const TABLE = `${[HEADER, ...ROWS].join("\n")}\n`;
const COUNTED = [
  ["A", 3, 1],
  ["B", 3, 2],
];
const BUYERS = ROWS.filter((row) => row.endsWith(",1")).map((row) => `${row.split(",")[0]},buy,2026-03-01T10:00:00Z`);

/** A Zstandard frame of one raw block, up to 255 bytes. */
function zstdOf(content: string): Buffer {
  const data = Buffer.from(content);
  const block = Buffer.alloc(3);
  block.writeUIntLE((data.length << 3) | 1, 0, 3);
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, data.length]), block, data]);
}

describe("the same visitors are counted", () => {
  test.each<[what: string, files: Files]>([
    ["zip", { "a.zip": storedZip("a.csv", Buffer.from(TABLE)) }],
    ["zst", { "a.csv.zst": zstdOf(TABLE) }],
    ["gz", { "a.csv.gz": gzipSync(TABLE) }],
    ["UTF-16", { "a.csv": Buffer.from(`\uFEFF${TABLE}`, "utf16le") }],
    ["a sep= line", { "a.csv": `sep=;\n${TABLE.replaceAll(",", ";")}` }],
    ["a title line", { "a.csv": `Export of March\n${TABLE}` }],
    ["an index column", { "a.csv": [`,${HEADER}`, ...ROWS.map((row, place) => `${place},${row}`), ""].join("\n") }],
    [
      "two files of the same shape",
      {
        "jan.csv": `${[HEADER, ...ROWS.slice(0, 3)].join("\n")}\n`,
        "feb.csv": `${[HEADER, ...ROWS.slice(3)].join("\n")}\n`,
      },
    ],
    ["counts", { "a.csv": "variant,visitors,conversions\nA,3,1\nB,3,2\n" }],
    [
      "assignments beside events",
      {
        "groups.csv": TABLE.replaceAll(/,[^,\n]*$/gm, ""),
        "events.csv": `user_id,event,timestamp\n${BUYERS.join("\n")}\n`,
      },
    ],
  ])("%s", async (_, files) => {
    const found = await analyzed(files);
    expect(found.reports).toHaveLength(1);
    expect(groupsOf(found)).toEqual(COUNTED);
  });

  test("--where", async () => {
    const rows = ROWS.map((row, place) => `${row},${place < 4 ? "DE" : "FR"}`);
    const found = await analyzed(
      { "a.csv": `${[`${HEADER},country`, ...rows].join("\n")}\n` },
      { where: "country = DE" },
    );
    expect(groupsOf(found)).toEqual([
      ["A", 2, 1],
      ["B", 2, 2],
    ]);
  });
});

describe("the times of assignments beside events", () => {
  const EVENTS =
    "user_id,event,timestamp\nu1,buy,2026-03-01\nu2,buy,2026-03-01\nu3,buy,2026-04-09\nu4,view,2026-04-09\n";
  const groups = (...times: string[]) =>
    ["user_id,variant,assigned_at", ...times.map((time, at) => `u${at + 1},${at % 2 ? "B" : "A"},${time}`), ""].join(
      "\n",
    );

  test("are asked about where day or month may come first", async () => {
    const files = {
      "groups.csv": groups("03/02/2026", "03/02/2026", "03/02/2026", "03/02/2026"),
      "events.csv": EVENTS,
    };
    const found = analyzed(files);
    await expect(found).rejects.toThrow(
      "the column assigned_at has dates such as 03/02/2026, whose day or month may come first: say which by --dates day or --dates month",
    );
    const [byDay, byMonth] = [await analyzed(files, { dates: "day" }), await analyzed(files, { dates: "month" })];
    expect([groupsOf(byDay), groupsOf(byMonth)]).toEqual([
      [
        ["A", 2, 2],
        ["B", 2, 1],
      ],
      [
        ["A", 2, 1],
        ["B", 2, 0],
      ],
    ]);
  });

  test("that cannot be read are counted, and every event of those visitors counts", async () => {
    const found = await analyzed({
      "groups.csv": groups("2026-03-05", "soon", "2026-03-05", "2026-03-05"),
      "events.csv": EVENTS,
    });
    expect(groupsOf(found)).toEqual([
      ["A", 2, 1],
      ["B", 2, 1],
    ]);
    const read = found.inputs.find(({ kind }) => kind === "assignments");
    expect(read?.cells).toMatchObject([
      { column: "assigned_at", missing: 0, rejected: { count: 1, examples: [{ line: 3, value: "soon" }] } },
    ]);
    expect(read?.notes).toContain("visitors without assigned_at: every event of theirs counts, whenever it was");
  });

  test("are none where no cell is a time", async () => {
    const found = await analyzed({ "groups.csv": groups("x", "y", "z", "w"), "events.csv": EVENTS });
    const read = found.inputs.find(({ kind }) => kind === "assignments");
    expect(read?.columns.assigned_at).toBe("ignored");
    expect(read?.notes).toEqual([
      "who was in which group; what came of it is in the events",
      "assigned_at: not read as times",
      "without times: every event counts, whenever it was",
    ]);
  });
});

test("rows of counts that --where leaves out are counted", async () => {
  const { inputs } = await analyzed(
    { "a.csv": "variant,visitors,conversions,country\nA,100,10,DE\nB,100,12,DE\nA,50,1,FR\n" },
    { where: "country = DE" },
  );
  expect(inputs[0]?.rejected).toMatchObject([{ reason: "left out by --where country = DE", count: 1 }]);
});

test("counts with a sum and a sum of squares have means", async () => {
  const { reports } = await analyzed({
    "a.csv": "variant,visitors,sum,sum_of_squares\nA,1000,2000,9000\nB,1000,2300,10500\n",
  });
  const [goal] = reports[0]?.goals ?? [];
  expect(goal?.groups.map(({ mean }) => mean)).toEqual([2, 2.3]);
  const variance = (sum: number, squares: number) => (squares - sum ** 2 / 1000) / 999;
  const error = Math.sqrt((variance(2000, 9000) + variance(2300, 10500)) / 1000);
  expect(goal?.comparisons[0]?.difference).toBeCloseTo(0.3, 12);
  // Welch's t with about 2,000 degrees of freedom: z = 2.97 is p = 0.003.
  expect(0.3 / error).toBeGreaterThan(2.9);
  expect(goal?.comparisons[0]?.pValue).toBeCloseTo(0.003, 3);
});

test("store-weeks are rejected as visitors, with the flag to add", async () => {
  const rows = Array.from({ length: 80 }, (_, at) => {
    const store = at >> 2;
    return `${store},${at % 4},${"AB"[store % 2]},${((store * 13 + at * 7) % 50) + 10}`;
  });
  await expect(run({ "stores.csv": `store,week,group,sales\n${rows.join("\n")}\n` })).rejects.toThrow(
    /80 rows have 20 different values of store.*--unit store/,
  );
});

test.each([
  ["better", 1],
  ["worse,srm", 0],
])("--fail-on %s of a better group is exit code %d", async (failOn, code) => {
  const files = { "a.csv": "variant,visitors,conversions\nA,1000,100\nB,1000,150\n" };
  expect((await run(files, { "fail-on": failOn })).code).toBe(code);
});

describe("the text", () => {
  test("of a table without times has no dates", async () => {
    expect((await run({ "a.csv": TABLE })).text).not.toContain("1970");
    expect(JSON.stringify((await analyzed({ "a.csv": TABLE })).reports)).not.toContain("1970");
  });

  test("of missing outcomes speaks of outcomes, not of a window", async () => {
    const { text } = await run({ "a.csv": TABLE.replace("u1,A,1", "u1,A,NA").replace("u3,A,0", "u3,A,1") });
    expect(text).not.toContain("window");
    expect(text).toContain("1 without converted: left out of it");
  });

  test("has the formulas with --explain only", async () => {
    expect((await run({ "a.csv": TABLE })).text).not.toContain("Formulas, version");
    expect((await run({ "a.csv": TABLE }, { explain: true })).text).toContain("Formulas, version");
  });
});

describe("times are the same moment, whatever the machine's zone is", () => {
  const moment = Date.UTC(2026, 2, 13, 12);
  const before = process.env.TZ;
  beforeAll(() => {
    process.env.TZ = "Asia/Tokyo";
  });
  afterAll(() => {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  });

  test.each([
    ["naive", "2026-03-13 12:00:00"],
    ["seconds", `${moment / 1e3}`],
    ["milliseconds", `${moment}`],
    ["microseconds", `${moment}000`],
    ["nanoseconds", `${moment}000000`],
    ["day first", "13/03/2026 12:00:00"],
    ["month first", "3/13/2026 12:00:00"],
    ["a zone's abbreviation", "13 Mar 2026 13:00:00 CET"],
    ["a zone across the ocean", "13 March 2026 07:00 EST"],
    ["an ISO time with a zone's abbreviation", "2026-03-13 14:00:00 CEST"],
    ["a zone of the database", "2026-03-13 21:00:00 Asia/Tokyo"],
    ["an offset with the name of its zone", "2026-03-13T13:00:00+01:00[Europe/Berlin]"],
    ["a month's name", "March 13, 2026 12:00 PM"],
    ["a weekday, and a month's name", "Friday, March 13, 2026 12:00"],
    ["a browser's text", "Mar 13, 2026, 12:00:00\u202fPM"],
    ["words between", "March 13, 2026 at 12:00 PM"],
    ["the order of the command date", "Fri Mar 13 12:00:00 UTC 2026"],
    ["the order of the command date in another zone", "Fri Mar 13 21:00:00 JST 2026"],
    ["German", "13. März 2026 12:00 Uhr"],
    ["French", "vendredi 13 mars 2026 à 12:00"],
    ["Spanish", "13 de marzo de 2026 12:00"],
    ["Japanese", "2026年3月13日 12:00"],
  ])("%s", async (_, time) => {
    const events = ["u1,exposure,A,", "u2,exposure,B,", "u1,buy,,", "u2,buy,,"].map((row) => `${row}"${time}"`);
    const found = await analyzed({ "log.csv": `user_id,event,variant,timestamp\n${events.join("\n")}\n` });
    expect(found.reports[0]?.from).toBe(new Date(moment).toISOString());
    expect(groupsOf(found)).toEqual([
      ["A", 1, 1],
      ["B", 1, 1],
    ]);
  });
});

describe("a zone's name that several zones have", () => {
  const log = `user_id,event,variant,timestamp
u1,exposure,A,2026-03-13 17:30:00 IST
u2,exposure,B,2026-03-13 17:30:00 IST
u1,buy,,2026-03-13 18:30:00 IST
`;
  test("is asked about", async () => {
    await expect(analyzed({ "log.csv": log })).rejects.toThrow(
      "the column timestamp has times in IST, which is the name of several zones: say which by --timezone Asia/Kolkata or --timezone Asia/Jerusalem or --timezone Europe/Dublin",
    );
  });

  test("is the one of --timezone", async () => {
    const { reports, inputs } = await analyzed({ "log.csv": log }, { timezone: "Asia/Kolkata" });
    expect(reports[0]?.from).toBe("2026-03-13T12:00:00.000Z");
    expect(inputs[0]?.notes.join()).toContain("IST is the time of Asia/Kolkata");
  });
});
