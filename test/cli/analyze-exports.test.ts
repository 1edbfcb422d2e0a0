import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Analyzed, analyze } from "../../cli/analyze/analyze.ts";
import { parseAnalyzeOptions } from "../../cli/analyze/options.ts";
import { BadConfig } from "../../server/files/bad-config.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairsplit-exports-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Twelve visitors: of six in each group two of the control convert, and three of the treatment. */
const VISITORS = Array.from({ length: 12 }, (_, i) => {
  const isControl = i % 2 === 0;
  return { id: i, group: isControl ? "control" : "treatment", converted: isControl ? i < 4 : i < 6 };
});
type Visitor = (typeof VISITORS)[number];
const USUAL = [
  ["control", 6, 2],
  ["treatment", 6, 3],
];

const lines = (rows: readonly string[]) => rows.map((row) => `${row}\n`).join("");
const table = (header: string, row: (visitor: Visitor) => string) => lines([header, ...VISITORS.map(row)]);
const answered = (yes: string, no: string) =>
  table("user_id,group,converted", ({ id, group, converted }) => `${id},${group},${converted ? yes : no}`);
/** Exposures, and a purchase a day later. */
const events = (format: (day: number) => string) =>
  lines([
    "user_id,timestamp,event,variant",
    ...VISITORS.flatMap(({ id, group, converted }) => [
      `${id},${format(id + 13)},exposure,${group}`,
      ...(converted ? [`${id},${format(id + 14)},buy,`] : []),
    ]),
  ]);
const two = (day: number) => String(day).padStart(2, "0");

interface Flags {
  readonly [flag: string]: unknown;
}

async function analyzed(content: string | Buffer | readonly string[], flags: Flags = {}): Promise<Analyzed> {
  const contents = Array.isArray(content) ? (content as string[]) : [content as string];
  const files = contents.map((_, place) => join(folder, `table-${place + 1}.csv`));
  await mkdir(dirname(files[0] as string), { recursive: true });
  for (const [place, one] of contents.entries()) await writeFile(files[place] as string, one);
  let printed = "";
  await analyze(parseAnalyzeOptions({ files, json: true, ...flags }), (text) => {
    printed += text;
  });
  return JSON.parse(printed);
}

/** Of a goal: group, visitors, conversions. */
const groupsOf = ({ reports }: Analyzed, goal = 0) =>
  reports[0]?.goals[goal]?.groups.map(({ group, devices, conversions }) => [group, devices, conversions]);

describe("exports of other programs are read as they are", () => {
  test.each<[what: string, content: string | readonly string[], flags?: Flags]>([
    ["words of yes and no in German", answered("WAHR", "FALSCH")],
    ["words of yes and no in Portuguese", answered("Sim", "Não")],
    ["words of yes and no in French, with semicolons", answered("VRAI", "FAUX").replaceAll(",", ";")],
    ["a word for yes that --yes says, beside any other", answered("bought", "left"), { yes: "bought" }],
    ["numbers of which --yes says which is yes", answered("2", "1"), { yes: "2" }],
    ["blank cells that --blank says mean no", answered("x", ""), { blank: "no" }],
    [
      "times of conversions, with blank cells that mean no",
      answered("2026-01-05", ""),
      { goals: "converted", blank: "no" },
    ],
    [
      "a separator behind the last cell of rows only",
      table("user_id,group,converted", (v) => `${v.id},${v.group},${+v.converted},`),
    ],
    ["a row of totals below", `${answered("1", "0")}\nTotal,12,5\n`],
    ["the header again", `${answered("1", "0")}user_id,group,converted\n`],
    [
      "a table of Markdown",
      lines([
        "| user_id | group | converted |",
        "|---|---|--:|",
        ...VISITORS.map((v) => `| ${v.id} | ${v.group} | ${+v.converted} |`),
      ]),
    ],
    ["more title lines than rows", `${"# a report\n".repeat(15)}\n${answered("1", "0")}`],
    [
      "a column that is named after its experiment",
      table("user_id,variant (metadata),converted", (v) => `${v.id},${v.group},${+v.converted}`),
    ],
    ["days of two-digit years", events((day) => `${two(day)}/01/26 10:00`)],
    ["a.m. with points", events((day) => `${day}/01/2026 10:00 a.m.`)],
    ["times without signs", events((day) => `202601${two(day)}T100000Z`)],
    ["times of Oracle", events((day) => `${two(day)}-JAN-26 10.00.00.000000 AM`)],
    [
      "JSON in rows of cells",
      JSON.stringify([["user_id", "group", "converted"], ...VISITORS.map((v) => [v.id, v.group, v.converted])]),
    ],
    [
      "JSON in columns",
      JSON.stringify({
        user_id: VISITORS.map((v) => v.id),
        group: VISITORS.map((v) => v.group),
        converted: VISITORS.map((v) => v.converted),
      }),
    ],
    [
      "JSON of pandas, split",
      JSON.stringify({
        columns: ["user_id", "group", "converted"],
        index: [],
        data: VISITORS.map((v) => [v.id, v.group, v.converted]),
      }),
    ],
    ["JSON of ClickHouse", JSON.stringify({ meta: [{ name: "user_id" }], data: VISITORS, rows: 12 })],
    [
      "JSON of Python, which writes NaN",
      lines(
        VISITORS.map((v) => `{"user_id": ${v.id}, "group": "${v.group}", "converted": ${+v.converted}, "age": NaN}`),
      ),
    ],
    [
      "lines of JSON with commas behind",
      VISITORS.map((v) => JSON.stringify({ user_id: v.id, group: v.group, converted: v.converted })).join(",\n"),
    ],
    [
      "JSON of Elasticsearch",
      JSON.stringify({ took: 3, hits: { total: 12, hits: VISITORS.map((v) => ({ _id: `${v.id}`, _source: v })) } }),
    ],
    [
      "numbers of days, moments, orders and places before the outcome",
      table(
        "user_id,group,signup_day,created_at,order_number,plz,converted",
        (v) =>
          `${v.id},${v.group},202603${two(v.id + 1)},${1_772_000_000 + v.id},${v.id * 7},${10_000 + v.id},${+v.converted}`,
      ),
    ],
    [
      "ids that one of two files has with a decimal",
      [
        table("user_id,group", (v) => `${v.id}.0,${v.group}`),
        table("user_id,converted", (v) => `${v.id},${+v.converted}`),
      ],
    ],
    ["a date and a time in two columns", events((day) => `3/${day}/2026,10:00 AM`).replace("timestamp", "Date,Time")],
    [
      "JSON of pandas, by index",
      JSON.stringify(
        Object.fromEntries(
          VISITORS.map((v) => [v.id, { user_id: `u${v.id}`, group: v.group, converted: v.converted }]),
        ),
      ),
    ],
    [
      "events of Google Analytics",
      events((day) => `2026-03-${day}`)
        .replace("variant", "exp_variant_string")
        .replaceAll("exposure", "experience_impression"),
    ],
    [
      "orders with a name of their own beside the visitor's",
      [
        table("email,variant", (v) => `${v.id}@example.com,${v.group}`),
        lines([
          "Name,Email,Total",
          ...VISITORS.flatMap((v) =>
            v.converted ? [`#${v.id},${v.id}@example.com,1`, `#x${v.id},${v.id}@example.com,2`] : [],
          ),
        ]),
      ],
    ],
    ["one line of JSON that is longer than a chunk", JSON.stringify({ data: VISITORS, note: "x".repeat(70_000) })],
    ["a column in one file only", [answered("1", "0"), "user_id,group,converted,device\n99,control,,x\n"]],
  ])("%s", async (_, content, flags) => {
    const found = groupsOf(await analyzed(content as string, flags));
    expect(found?.map(([group, visitors, conversions]) => [group, visitors, conversions])).toEqual(USUAL);
  });

  test.each<[what: string, content: string, groups: [string, number, number][]]>([
    [
      "German thousands in a table of counts",
      "Variante;Besucher;Bestellungen;Rate\nA;1.000;100;10,0%\nB;1.010;131;13,0%\nSumme;2.010;231;11,5%\n",
      [
        ["A", 1000, 100],
        ["B", 1010, 131],
      ],
    ],
    [
      "counts whose variants have ids",
      "Variation Name,Variation ID,Is Baseline,Visitors,Conversions,Conversion Rate\nOriginal,9001,true,5123,412,8.04%\nChange,9002,false,5089,455,8.94%\n",
      [
        ["Change", 5089, 455],
        ["Original", 5123, 412],
      ],
    ],
    [
      "counts of several days",
      "date,variant,visitors,conversions\n2026-01-01,A,100,10\n2026-01-01,B,101,13\n2026-01-02,A,200,20\n2026-01-02,B,202,23\n",
      [
        ["A", 300, 30],
        ["B", 303, 36],
      ],
    ],
    [
      "a mean with its quantiles",
      "group,count,mean,std,min,25%,50%,75%,max\nA,1000,10,3,0,1,2,3,50\nB,1000,11,3,0,1,2,3,50\n",
      [
        ["A", 1000, 1000],
        ["B", 1000, 1000],
      ],
    ],
  ])("%s", async (_, content, groups) => {
    const found = await analyzed(content);
    expect(groupsOf(found)).toEqual(groups);
    expect(found.reports[0]?.goals).toHaveLength(1);
  });

  test("columns whose names differ by their case only are two goals", async () => {
    const found = await analyzed(
      table("user_id,group,Converted,CONVERTED", (v) => `${v.id},${v.group},${+v.converted},${+!v.converted}`),
    );
    expect([groupsOf(found, 0), groupsOf(found, 1)]).toEqual([
      USUAL,
      [
        ["control", 6, 4],
        ["treatment", 6, 3],
      ],
    ]);
  });

  test("a standard error is a standard deviation of the mean", async () => {
    const [error, deviation] = [
      await analyzed("group,n,mean,se\nA,100,10,0.3\nB,100,11,0.3\n"),
      await analyzed("group,n,mean,sd\nA,100,10,3\nB,100,11,3\n"),
    ];
    expect(error.reports[0]?.goals[0]?.comparisons[0]?.pValue).toBeCloseTo(
      deviation.reports[0]?.goals[0]?.comparisons[0]?.pValue ?? 0,
      9,
    );
  });

  test("a table of 300 columns is read, and says that a report has fewer goals", async () => {
    const more = Array.from({ length: 297 }, (_, place) => `x${place}`);
    const found = await analyzed(
      table(
        `user_id,group,converted,${more.join(",")}`,
        (v) => `${v.id},${v.group},${+v.converted},${more.map((_, place) => (v.id * place) % 7).join(",")}`,
      ),
    );
    expect(groupsOf(found)).toEqual(USUAL);
    expect(found.reports[0]?.goals).toHaveLength(20);
    expect(found.notes).toContain(
      "a report has 20 goals: the columns from x19 on are left out; name others by --goals",
    );
  });

  test.each<[what: string, content: string, note: RegExp]>([
    [
      "groups that differ by their case",
      answered("1", "0").replace("1,treatment", "1,Treatment"),
      /^Treatment and treatment are counted as different groups/,
    ],
    [
      "a page that contradicts the group",
      lines([
        "user_id,group,landing_page,converted",
        ...Array.from(
          { length: 40 },
          (_, i) => `${i},${i % 2 ? "treatment" : "control"},${i % 2 && i > 1 ? "new" : "old"}_page,${i % 3 ? 0 : 1}`,
        ),
      ]),
      /^landing_page contradicts group in 1 row, which count by their group$/,
    ],
    [
      "groups that look alike",
      answered("1", "0").replace("1,treatment", "1,treatment\u200b"),
      /^treatment and treatment\u200b are counted as different groups/,
    ],
    [
      "groups in two forms of Unicode",
      "id,group,converted\n1,ö,1\n2,o\u0308,0\n3,a,1\n",
      /are counted as different groups/,
    ],
  ])("%s are said", async (_, content, note) => {
    expect((await analyzed(content)).inputs[0]?.notes).toContainEqual(expect.stringMatching(note));
  });
});

test.each<[what: string, content: string, sums: number[], note: string | null]>([
  [
    "Indian groups of digits",
    table("user_id,group,spend", (v) => `${v.id},${v.group},"₹1,20,${100 + v.id}.50"`),
    [6 * 120_100.5 + 30, 6 * 120_100.5 + 36],
    "spend: commas separate thousands, in ₹",
  ],
  [
    "a minus behind",
    table("user_id;group;balance", (v) => `${v.id};${v.group};1.000,${two(v.id)}${v.id % 2 ? "-" : ""}`),
    [6000.3, -6000.36],
    "balance: a comma is the decimal sign",
  ],
  [
    "a unit in cells",
    table("user_id,group,load_time", (v) => `${v.id},${v.group},${v.id}.5 s`),
    [33, 39],
    "load_time: in s",
  ],
  ["a unit in the header", table("user_id,group,Load time [ms]", (v) => `${v.id},${v.group},${v.id}`), [30, 36], null],
])("numbers with %s are read", async (_, content, sums, note) => {
  const found = await analyzed(content);
  expect(found.reports[0]?.goals[0]?.groups.map(({ sum }) => Number(sum?.toFixed(6)))).toEqual(sums);
  expect(found.inputs[0]?.notes.filter((text) => /^(?!separator)[\w]+: /.test(text))).toEqual(
    note === null ? [] : [note],
  );
});

describe("a file with the ids of accounts and of devices", () => {
  test("is a log of accounts by --columns visitor=accountId", async () => {
    const log = lines([
      "deviceId,accountId,timestamp,event,variant",
      "d1,a1,2026-01-01,exposure,A",
      "d2,a1,2026-01-02,buy,",
      "d3,a2,2026-01-01,exposure,B",
      "d4,a3,2026-01-01,exposure,B",
      "d5,a3,2026-01-02,buy,",
    ]);
    const byAccount = await analyzed(log, { columns: "visitor=accountId" });
    const byDevice = await analyzed(log, { columns: "visitor=deviceId", goals: "buy" });
    expect(groupsOf(byAccount)).toEqual([
      ["A", 1, 1],
      ["B", 2, 1],
    ]);
    expect(byAccount.inputs[0]?.columns).toMatchObject({ accountId: "visitor", deviceId: "ignored" });
    expect(groupsOf(byDevice)).toEqual([
      ["A", 1, 0],
      ["B", 2, 0],
    ]);
  });

  test("has a row per account by --unit accountId, and is rejected where the ids repeat too often", async () => {
    const devices = table(
      "accountId,deviceId,group,converted",
      (v) => `a${v.id >> 1},d${v.id},${v.id % 4 > 1 ? "B" : "A"},${+v.converted}`,
    );
    await expect(analyzed(devices, { columns: "visitor=accountId" })).rejects.toThrow(
      "12 rows have 6 different values of accountId, so a row is no visitor: say who is one by --columns visitor=…, or add up the rows of each by --unit accountId",
    );
    expect(groupsOf(await analyzed(devices, { unit: "accountId" }))).toEqual([
      ["A", 3, 2],
      ["B", 3, 1],
    ]);
  });
});

describe("columns whose zeros are also a word for no", () => {
  /** 40 visitors of each group, of whom 8 and 12 spend 1,250.5 each. */
  const spending = (amount: (isBuyer: boolean) => string, separator = ",") =>
    lines([
      ["user_id", "variant", "spent"].join(separator),
      ...Array.from({ length: 80 }, (_, i) => [i, i % 2 ? "B" : "A", amount(i < (i % 2 ? 24 : 16))].join(separator)),
    ]);

  test.each<[what: string, content: string]>([
    ["with an apostrophe between thousands", spending((isBuyer) => (isBuyer ? "1'250.50" : "0.00"))],
    ["in a currency", spending((isBuyer) => (isBuyer ? "EUR 1250.50" : "0"))],
    ["with a comma between thousands", spending((isBuyer) => (isBuyer ? '"1,250.50"' : "0"))],
    ["with a decimal comma", spending((isBuyer) => (isBuyer ? "1250,50" : "0,00"), ";")],
  ])("amounts %s are amounts", async (_, content) => {
    const [goal] = (await analyzed(content)).reports[0]?.goals ?? [];
    expect(goal?.kind).toBe("value");
    expect(goal?.groups.map(({ group, devices, sum }) => [group, devices, sum])).toEqual([
      ["A", 40, 8 * 1250.5],
      ["B", 40, 12 * 1250.5],
    ]);
  });

  test("0 and 1 with one cell of another kind stay yes and no", async () => {
    const content = spending((isBuyer) => (isBuyer ? "1" : "0")).replace("2,A,1", '2,A,"1,25"');
    expect(groupsOf(await analyzed(content))).toEqual([
      ["A", 39, 7],
      ["B", 40, 12],
    ]);
  });

  test("no beside other words is no outcome", async () => {
    let used = 0;
    const nextCode = () => {
      used += 1;
      return `code ${used}`;
    };
    const codes = spending((isBuyer) => (isBuyer ? nextCode() : "no"));
    await expect(analyzed(codes)).rejects.toThrow(/no column says what came of it/);
    await expect(analyzed(codes, { goals: "spent" })).rejects.toThrow(
      /--goals has "spent", which in .*table-1.csv says no in 60 cells and never yes: words for yes may be said by --yes/,
    );
  });
});

test("a column that says the group is no outcome, and said to be none", async () => {
  const content = lines([
    "user_id,control,treatment,price,converted",
    ...Array.from(
      { length: 80 },
      (_, i) => `${i},${1 - (i % 2)},${i % 2},${i % 2 ? 12 : 9.5},${i < (i % 2 ? 24 : 16) ? 1 : 0}`,
    ),
  ]);
  const found = await analyzed(content, { columns: "variant=treatment" });
  expect(found.reports[0]?.goals.map(({ event }) => event)).toEqual(["converted"]);
  expect(found.inputs[0]?.columns).toEqual({
    user_id: "visitor",
    control: "ignored",
    treatment: "variant",
    price: "ignored",
    converted: "goal (conversion)",
  });
  expect(found.inputs[0]?.notes).toEqual(
    ["control", "price"].map(
      (name) => `${name}: the same for all of a group, so it says the group; by --goals it is an outcome`,
    ),
  );
  const asked = await analyzed(content, { columns: "variant=treatment", goals: "control" });
  expect(groupsOf(asked)).toEqual([
    ["0", 40, 40],
    ["1", 40, 0],
  ]);
});

test.each<[flags: Flags, sentence: string]>([
  [
    { columns: "visitor=user_id,visitor=group" },
    "--columns has visitor=user_id and visitor=group: allowed is one of them",
  ],
  [{ weights: "control=1,treatment=1,control=2" }, "--weights has control=1 and control=2: allowed is one of them"],
  [{ epoch: "3" }, "--epoch is 3, which chooses among the events of a log: the files have none"],
  [{ run: "r1" }, "--run is r1, which chooses among the events of a log: the files have none"],
])("a flag that cannot be followed is said, not left out: %j", async (flags, sentence) => {
  await expect(analyzed(answered("1", "0"), flags)).rejects.toThrow(sentence);
});

test("an encrypted archive is said to be one", async () => {
  const archive = Buffer.alloc(64);
  archive.write("PK\u0003\u0004", "latin1");
  archive.writeUInt16LE(1, 6);
  await expect(analyzed(archive)).rejects.toThrow("table-1.csv is encrypted: save it without a password");
});

test("a log too large for memory has the fields of its objects as columns, also those at its end", async () => {
  const pad = "x".repeat(400);
  const line = (place: number) => {
    const [event, user] = [["seen", "view", "buy"][Math.floor(place / 40_000)], place % 40_000];
    const properties = event === "seen" ? { variant: user % 2 ? "B" : "A" } : event === "buy" ? { revenue: 2 } : {};
    return JSON.stringify({ user: { id: user }, event, timestamp: 1_772_000_000_000 + place, properties, pad });
  };
  const content = Array.from({ length: 110_000 }, (_, place) => `${line(place)}\n`).join("");
  expect(content.length).toBeGreaterThan(48_000_000);
  const found = await analyzed(content, { goals: "buy" });
  expect(found.reports[0]?.goals[0]?.groups.map(({ group, devices, sum }) => [group, devices, sum])).toEqual([
    ["A", 20_000, 30_000],
    ["B", 20_000, 30_000],
  ]);
});

describe("a log too large for memory, read by several threads", () => {
  const pad = "x".repeat(400);
  const LINES = 110_000;
  const DEVICES = LINES / 2;
  /** Exposures of all devices at one time, in A and then in B; a purchase of each in the end. */
  const log = (isOf: (place: number) => string | null, keys: (place: number) => object) =>
    Array.from({ length: LINES }, (_, place) => {
      const deviceId = `d${Math.floor(place / 2)}`;
      const ts = new Date(Date.UTC(2026, 0, 5) + Math.floor(place / DEVICES)).toISOString();
      const group = (place + Math.floor(place / 2)) % 2 ? "B" : "A";
      const exposure = { deviceId, ts, event: "exposure", experiment: "cta", group, epoch: 1, pad };
      return `${isOf(place) ?? JSON.stringify({ ...keys(place), ...exposure })}\n`;
    }).join("") +
    Array.from({ length: 10 }, (_, n) =>
      JSON.stringify({ id: `buy ${n}`, deviceId: `d${n}`, ts: "2026-01-06T00:00:00.000Z", event: "buy", pad }),
    ).join("\n");

  test.each([
    ["with ids", (place: number) => ({ id: `e${place}` })],
    ["of which some lack ids", (place: number) => (place % 1000 ? { id: `e${place}` } : {})],
  ])("has the order of its lines, %s", async (_, keys) => {
    const found = await analyzed(
      log(() => null, keys),
      { goals: "buy" },
    );
    expect(found.inputs[0]?.rejected).toEqual([]);
    // Of two exposures at one time, the first line counts.
    expect(groupsOf(found)).toEqual([
      ["A", DEVICES / 2, 5],
      ["B", DEVICES / 2, 5],
    ]);
    expect(found.reports[0]?.health.twoGroups.devices).toBe(DEVICES);
  });

  // Each bad line stands in place of a device's second exposure.
  test("has the lines of rejected rows, with and without --where", async () => {
    const bad = new Map([
      [39_999, "{broken"],
      [79_999, JSON.stringify({ deviceId: "d1", ts: "soon", event: "buy", pad })],
    ]);
    const content = log(
      (place) => bad.get(place) ?? null,
      (place) => ({ id: `e${place}` }),
    );
    for (const where of [{}, { where: "event != refund" }]) {
      const found = await analyzed(content, { goals: "buy", ...where });
      const examples = found.inputs[0]?.rejected.map(({ reason, count, examples: some }) => [
        reason,
        count,
        some[0]?.line,
      ]);
      expect(examples).toContainEqual(["no time, or none that can be read", 1, 80_000]);
      expect(groupsOf(found)?.map(([, units]) => units)).toEqual([DEVICES / 2, DEVICES / 2]);
    }
  });
});

test("events that count for nobody are counted", async () => {
  const log = lines([
    "user_id,timestamp,event,variant",
    ...["u1", "u2", "u3", "u4"].map((id, at) => `${id},2026-01-0${at + 2},exposure,${at % 2 ? "B" : "A"}`),
    "u1,2026-01-05,buy,",
    "u2,2026-01-02,buy,",
    "x1,2026-01-05,buy,",
    "x1,2026-01-06,buy,",
  ]);
  const found = await analyzed(log);
  expect(groupsOf(found)).toEqual([
    ["A", 2, 1],
    ["B", 2, 0],
  ]);
  expect(found.notes).toEqual([
    "table-1: 2 events of buy left out, of 1 visitor never exposed",
    "table-1: 1 event of buy left out, before the visitor's first exposure",
  ]);
});

describe("what cannot be read is said in one sentence, with the flag that settles it", () => {
  test.each<[what: string, content: string | Buffer, sentence: RegExp]>([
    [
      "counts of two metrics",
      "variant,visitors,metric,conversions\nA,1000,buy,100\nB,1004,buy,131\nA,1000,sign up,50\nB,1004,sign up,60\n",
      /counts of 2 metrics in metric, buy, sign up: say which by --where 'metric = "buy"'/,
    ],
    [
      "counts of who converted and of who did not",
      "group,converted,not_converted\nA,25,138\nB,52,85\n",
      /has one row per group, .* if they are converted and not_converted together, add a column of that sum/,
    ],
    [
      "counts that have the name of an id",
      "group,converted,user_id\nA,0,900\nA,1,100\nB,0,870\nB,1,130\n",
      /--columns visitors=user_id or --columns visitor=user_id/,
    ],
    [
      "two columns of one name",
      table("user_id,group,converted,group", (v) => `${v.id},${v.group},1,${v.id % 5}`),
      /--columns 'variant=group \(column 4\)'/,
    ],
    [
      "two columns named after experiments",
      table("user_id,variant_nav,variant_cta,converted", (v) => `${v.id},${v.group},${v.id % 3 ? "A" : "B"},1`),
      /variant=variant_nav or --columns variant=variant_cta/,
    ],
    [
      "groups in columns",
      "metric,control,treatment\nvisitors,1000,1010\nconversions,100,131\n",
      /If control and treatment are groups: a row per group is needed/,
    ],
    [
      "yes with blank cells",
      answered("1", ""),
      /which may mean no, or not known: say which by --blank no or --blank unknown/,
    ],
    [
      "two words that neither say yes",
      answered("bought", "left"),
      /has bought and left, and either may be the yes: say which by --yes bought or --yes left/,
    ],
    ["-1 and 1", answered("1", "-1"), /has -1 and 1, and either may be the yes/],
    [
      "text in place of an outcome",
      answered("1k", "0k").replace("converted", "revenue"),
      /no column says what came of it.*revenue \(such as 0k\)/,
    ],
    ["rates only", "variant,users,cvr\nA,1000,10%\nB,1010,12.97%\n", /has rates \(cvr\) and no counts/],
    [
      "a negative count",
      "variant,visitors,conversions\nA,1000,100\nB,1010,-3\n",
      /line 3: conversions is -3: allowed is a whole number up to the 1010 visitors/,
    ],
    [
      "more visitors than there are people",
      "variant,visitors,conversions\nA,9007199254740993,100\nB,1010,3\n",
      /line 2: visitors is "9007199254740993": allowed is a whole number from 0/,
    ],
    [
      "a comma in a cell without quotes",
      events((day) => `Thu, ${two(day)} Jan 2026 10:00:00 GMT`),
      /line 1: the header has 4 names, and rows have 5 cells.*need quotes/,
    ],
    [
      "a header that is none",
      lines(VISITORS.map((v) => `u${v.id},${v.group},${v.converted ? "yes" : "no"}`)),
      /name the columns by --header/,
    ],
    ["times of no form", events((day) => `${day} brumaire 234`), /line 2: timestamp is 13 brumaire 234/],
    [
      "thousands of German spreadsheets between tabs",
      table("user_id\tgroup\trevenue", (v) => `${v.id}\t${v.group}\t1.${200 + v.id}`),
      /the column revenue has 1.200, which could be 1200 or 1.2: say which by --decimal comma or --decimal point/,
    ],
    [
      "Japanese of Windows",
      Buffer.from([...Buffer.from("user_id,group,"), 0x8d, 0x77, 0x93, 0xfc, ...Buffer.from("\n1,A,0\n2,B,1\n")]),
      /is no UTF-8.*say which by --encoding shift_jis/,
    ],
    [
      "Cyrillic of Windows",
      Buffer.from([...Buffer.from("user_id,group,"), 0xea, 0xf3, 0xef, 0xeb, ...Buffer.from("\n1,A,0\n2,B,1\n")]),
      /is no UTF-8.*--encoding windows-1251/,
    ],
    [
      "ids that a spreadsheet rounded",
      table("user_id,group,converted", (v) => `4.917${v.id}E+11,${v.group},1`),
      /the ids in user_id, such as 4.9170E\+11, were rounded by a spreadsheet/,
    ],
    [
      "times that a spreadsheet rounded",
      events((day) => `1.772${day}E+12`),
      /the column timestamp has times such as 1.77213E\+12, which were rounded by a spreadsheet/,
    ],
    [
      "a row per group",
      "group,converted_count,converted_sum,converted_mean\nA,120,30,0.25\nB,118,40,0.34\n",
      /has one row per group, so a row is no visitor.*--columns visitors=converted_count or --columns visitors=converted_sum/,
    ],
    [
      "two units",
      table("user_id,group,load_time", (v) => `${v.id},${v.group},${v.id % 2 ? "3 s" : "200 ms"}`),
      /the column load_time has several units, ms and s: say which by --ignore load_time/,
    ],
    ["a page of HTML", "<html><body><table></table></body></html>\n", /is HTML or XML: save its table as CSV/],
    ["blank lines", "\n \n", /is empty: it has no line with text/],
  ])("%s", async (_, content, sentence) => {
    const failure = analyzed(content);
    await expect(failure).rejects.toThrow(sentence);
    await expect(failure).rejects.toBeInstanceOf(BadConfig);
  });

  test("ids of two files that have none in common", async () => {
    const assigned = table("user_id,group", (v) => `a${v.id},${v.group}`);
    const did = lines(["user_id,event,time", "b1,buy,2026-01-05", "b2,buy,2026-01-05"]);
    await expect(analyzed([assigned, did])).rejects.toThrow(
      /12 visitors and of the 2 visitors of the events have none in common/,
    );
  });
});
