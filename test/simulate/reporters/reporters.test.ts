// @vitest-environment happy-dom
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pc from "picocolors";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { parseOptions } from "../../../simulate/options.ts";
import { pretty } from "../../../simulate/pretty.ts";
import { buildReport, type SimulationReport } from "../../../simulate/report.ts";
import { githubAnnotations } from "../../../simulate/reporters/github.ts";
import { html } from "../../../simulate/reporters/html.ts";
import { junit } from "../../../simulate/reporters/junit.ts";
import { line } from "../../../simulate/reporters/line.ts";
import { markdown } from "../../../simulate/reporters/markdown.ts";
import { parseReporters, requireWritable, writeReports } from "../../../simulate/reporters/reporters.ts";
import { rerunCommand } from "../../../simulate/rerun.ts";
import { temporaryFolder } from "../../server/rig/open-app.ts";

const NASTY = `<b>"&'|\`*_</b>\u0007 100%,:\n::error::x`;

/** A run without a visit: rendering fails, and no statistics are possible. */
function reportOf(changes: Partial<SimulationReport> = {}): SimulationReport {
  const empty = buildReport(
    { claims: {}, rates: new Map(), visits: [], events: [], results: new Map() },
    {
      version: "0",
      shard: null,
      stopped: null,
      seed: "a b",
      target: NASTY,
      driver: "browser",
      rerun: "fairsplit simulate -n 10",
      partial: false,
      startedAt: "2026-11-28T12:00:00.000Z",
      seconds: 1.25,
    },
  );
  const failed = { ...empty.checks[0], name: "rendering", ok: false, tested: true, detail: NASTY } as const;
  return { ...empty, checks: [failed, ...empty.checks.slice(1)], ...changes };
}

async function written(text: string, report = reportOf()): Promise<string> {
  let printed = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    printed += String(chunk);
    return true;
  });
  try {
    await writeReports(report, parseReporters(text, false));
  } finally {
    write.mockRestore();
  }
  return printed;
}

describe("a report", () => {
  test("of a run that was interrupted is never ok", () => {
    const observations = { claims: {}, rates: new Map(), visits: [], events: [], results: new Map() };
    const circumstances = {
      seed: "1",
      target: "t",
      driver: "browser" as const,
      rerun: "fairsplit simulate -n 10",
      startedAt: "",
      seconds: 1,
    };
    expect(
      buildReport(observations, { version: "0", shard: null, stopped: null, ...circumstances, partial: true }),
    ).toMatchObject({ ok: false, partial: true });
  });

  test("as JUnit says each check once, what was not tested, and an interruption, in whole XML", () => {
    const xml = junit(reportOf({ partial: true }));
    const page = new DOMParser().parseFromString(xml, "text/xml");
    expect(page.querySelector("parsererror")).toBeNull();
    const suite = page.querySelector("testsuite");
    const cases = [...page.querySelectorAll("testcase")];
    expect(cases.map((each) => each.getAttribute("name"))).toEqual([
      "rendering",
      "split",
      "independence",
      "conversion",
      "accounting",
      "results",
      "errors",
      "complete",
    ]);
    const counted = ["tests", "failures", "errors", "skipped"].map((name) => suite?.getAttribute(name));
    expect(counted).toEqual([
      String(cases.length),
      String(page.querySelectorAll("failure").length),
      String(page.querySelectorAll("error").length),
      String(page.querySelectorAll("skipped").length),
    ]);
    expect(counted).toEqual(["8", "1", "1", "4"]);
    expect(page.querySelector("failure")?.getAttribute("message")).toContain(`<b>"&'|`);
    expect(xml).not.toContain("\u0007");
  });

  test("of a run that could not go on says why, wherever it goes", () => {
    const report = { ...reportOf({ partial: true }), stopped: "http://x/events answered 500" };
    const colors = pc.createColors(false);
    for (const text of [line(report), html(report), markdown(report), junit(report), pretty(report, colors)]) {
      expect(text).toContain("http://x/events answered 500");
      expect(text).not.toMatch(/Interrupted|was interrupted/);
    }
    expect(githubAnnotations(report)).toContain("title=fairsplit complete::http://x/events answered 500");
  });

  test("as HTML and Markdown shows what people wrote as text", () => {
    const report = reportOf();
    expect(html(report)).not.toContain("<b>");
    expect(markdown(report)).not.toMatch(/<b>|\|`/);
    for (const row of markdown(report)
      .split("\n")
      .filter((text) => text.startsWith("| ❌"))) {
      expect(row.match(/\|/g)).toHaveLength(4);
    }
  });

  test("fits where programs read it, however much a page wrote, and says what is left out", () => {
    const report = reportOf({ target: "<".repeat(3_000_000), rerun: "`".repeat(3_000_000) });
    for (const text of [junit(report), markdown(report)]) {
      expect(text.length).toBeLessThan(200_000);
      expect(text).toMatch(/more characters/);
    }
  });

  test("for GitHub is one annotation per failed check, and a summary where GitHub says", async () => {
    expect(githubAnnotations(reportOf())).toBe(
      `::error title=fairsplit rendering::${NASTY.replace("%", "%25").replaceAll("\n", "%0A")}\n`,
    );
    const summary = join(await temporaryFolder(), "summary.md");
    await writeFile(summary, "before\n");
    vi.stubEnv("GITHUB_STEP_SUMMARY", summary);
    onTestFinished(() => void vi.unstubAllEnvs());
    await written("github");
    expect(await readFile(summary, "utf8")).toMatch(/^before\n## ❌ fairsplit simulate: Failed\n/);
  });

  test("goes to several places at once, without colours in files, and says how to run it again", async () => {
    const folder = await temporaryFolder();
    const file = (name: string) => join(folder, name);
    const printed = await written(
      `line,json=${file("r.json")},junit=${file("r.xml")},markdown=${file("r.md")},html=${file("r.html")},pretty=${file("r.txt")}`,
    );
    expect(printed).toBe(line(reportOf()));
    expect(JSON.parse(await readFile(file("r.json"), "utf8"))).toEqual(JSON.parse(JSON.stringify(reportOf())));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a terminal
    expect(await readFile(file("r.txt"), "utf8")).not.toMatch(/\u001b/);
    expect(await readFile(file("r.md"), "utf8")).toContain("`fairsplit simulate -n 10`");
    expect(await readFile(file("r.html"), "utf8")).toContain("<h1>Failed</h1>");
    const flags = { n: "5", seed: "it's", url: "http://127.0.0.1:1/x?a=1&b", token: "secret" };
    expect(rerunCommand(parseOptions(flags, {}, () => ""))).toBe(
      "fairsplit simulate -n 5 --seed 'it'\\''s' --url 'http://127.0.0.1:1/x?a=1&b'",
    );
  });
});

test.each([
  ["nope", '--reporter has "nope": allowed are pretty, line, json, junit, github, markdown, html'],
  ["junit", '--reporter has "junit": junit needs a file, such as junit=report.xml'],
  ["html=", '--reporter has "html=": html needs a file'],
  ["github=x", '--reporter has "github=x": github takes no file'],
  ["pretty,line", "--reporter prints pretty and line: allowed is one on stdout"],
])("--reporter %s is bad usage", (text, message) => {
  expect(() => parseReporters(text, false)).toThrow(message);
});

test("a file that cannot be written is named, after the others were written", async () => {
  const folder = join(await temporaryFolder(), "folder");
  await mkdir(folder);
  const other = `${folder}.json`;
  await expect(written(`line=${folder},json=${other}`)).rejects.toThrow(
    `--reporter has "line=${folder}", which cannot be written`,
  );
  expect(JSON.parse(await readFile(other, "utf8"))).toMatchObject({ ok: false });
});

test("two reports to one file are refused, however it is written", () => {
  expect(() => parseReporters("json=report,junit=./report", false)).toThrow(
    '--reporter writes json and junit to "./report": allowed is a file for each',
  );
});

test("a report that cannot be written is refused before the run, an earlier one stays, and no empty one is left", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "report.json");
  await writeFile(file, "earlier");
  await requireWritable(parseReporters(`json=${file}`, false));
  expect(await readFile(file, "utf8")).toBe("earlier");
  const link = join(folder, "link");
  await symlink(join(folder, "target"), link);
  await requireWritable(parseReporters(`json=${link},junit=${join(folder, "new.xml")}`, false));
  expect((await readdir(folder)).sort()).toEqual(["link", "report.json"]);
  await expect(requireWritable(parseReporters(`junit=${join(folder, "no", "x.xml")}`, false))).rejects.toThrow(
    /--reporter has "junit=.*x\.xml", which cannot be written/,
  );
});
