import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatContent, NEW_CONTENT } from "../../../server/registry/content.ts";
import { run, start } from "../rig/built-program.ts";
import { active, stopped, temporaryFolder } from "../rig/open-app.ts";

const WHOLE = formatContent({ ...NEW_CONTENT, experiments: [active("one"), stopped("two")] });
const edited = (from: string | RegExp, to: string) => {
  const text = WHOLE.replace(from, to);
  expect(text).not.toBe(WHOLE);
  return text;
};
const half = WHOLE.slice(0, WHOLE.length / 2);

/** Content in place of experiments.json, and the reason given for rejecting it. */
const STATES: [what: string, content: string | Uint8Array, reason: string][] = [
  ["empty", "", "Unexpected end of JSON input"],
  ["only white space", " \n\t\n", "Unexpected end of JSON input"],
  ["null", "null\n", "the input is null"],
  ["0", "0", "the input is 0"],
  ["an empty text", '""', 'the input is ""'],
  ["a list", "[]", "allowed is"],
  ["truncated after one byte", "{", "JSON"],
  ["truncated in the middle", half, "JSON"],
  ["truncated before its last brace", WHOLE.trimEnd().slice(0, -1), "JSON"],
  ["truncated and filled up with NUL bytes", half.padEnd(WHOLE.length, "\0"), "JSON"],
  ["nothing but NUL bytes", "\0".repeat(4096), "JSON"],
  ["with an unknown field", edited('"title"', '"titel"'), "experiments[0].titel is"],
  ["with an experiment twice", edited('"key": "two"', '"key": "one"'), "a key that no other has"],
  ["with a field twice", edited('"epoch": 1,', '"epoch": 1, "epoch": 1,'), "a field is there twice"],
  ["with a weight of a wrong type", edited('"weight": 50', '"weight": "50"'), 'groups[0].weight is "50"'],
  ["with a negative weight", edited('"weight": 50', '"weight": -50'), "groups[0].weight is -50"],
  ["not UTF-8", Buffer.from(WHOLE.replace("one", "on\u00e9"), "latin1"), "it is not UTF-8 text"],
  ["UTF-16", Buffer.from(`\ufeff${WHOLE}`, "utf16le"), "it is not UTF-8 text"],
  [
    "with one digit flipped",
    edited('"weight": 50', '"weight": 51'),
    "its check does not fit: it was edited, or damaged",
  ],
  ["with the check of something else", edited(/"sha256-./, '"sha256-g'), "its check does not fit"],
  ["nested a million times", "[".repeat(1e6) + "]".repeat(1e6), "it is nested too deeply"],
  ["10 MB of something else", "lorem ipsum ".repeat(1e6), "JSON"],
];

/**
 * Rejected by a server: exit code 78, one line with path, reason and command, and no byte of the
 * folder changed.
 */
async function expectRefused(
  data: string,
  problem: string,
  command = `fairsplit restore ${data}`,
  advice = `To go back to the newest whole backup: ${command}`,
) {
  const before = await contents(data);
  const { closed, lines } = run(["serve", "--data", data, "--port", "0"]);
  expect(await closed).toBe(78);
  expect(lines("stdout")).toEqual([]);
  const [line = "", ...more] = lines("stderr");
  expect(more).toEqual([]);
  expect(line).toContain(`fairsplit: ${join(data, "experiments.json")} ${problem}`);
  expect(line.length).toBeLessThan(1000);
  expect(line).toContain(`Nothing was changed. ${advice}`);
  expect(await contents(data)).toEqual(before);
  return line;
}

/** Fingerprints of a folder's files by name; for folders only the name. The lock may be written. */
async function contents(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name !== "lock").sort();
  const fingerprint = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
  const read = (name: string) => readFile(join(folder, name)).then(fingerprint, () => "folder");
  return Promise.all(names.map(async (name) => `${name} ${await read(name)}`));
}

describe("a server does not start with an experiments file that is", () => {
  test.each(STATES)("%s", async (_, content, reason) => {
    const data = await temporaryFolder();
    await writeFile(join(data, "experiments.json"), content);
    const line = await expectRefused(data, "is not a registry: ");
    expect(line).toContain(reason);
  });

  test("of a later version, which no backup is better than", async () => {
    const data = await temporaryFolder();
    await writeFile(join(data, "experiments.json"), edited('"schema": 2', '"schema": 4'));
    const problem = "cannot be read: this data is of a newer version of fairsplit (schema 4; this one reads 1 to 3)";
    const line = await expectRefused(data, problem, "", "Start that version, or a later one.");
    expect(line).not.toContain("restore");
  });

  test("a folder", async () => {
    const data = await temporaryFolder();
    await mkdir(join(data, "experiments.json"));
    await expectRefused(data, "is not a registry: it is not a file");
  });

  test.skipIf(process.getuid?.() === 0)("unreadable", async () => {
    const data = await temporaryFolder();
    await writeFile(join(data, "experiments.json"), WHOLE);
    await chmod(join(data, "experiments.json"), 0);
    await expectRefused(data, "cannot be read: EACCES");
  });

  test("missing, next to a backup", async () => {
    const data = await temporaryFolder();
    await writeFile(join(data, "experiments.json.3"), WHOLE);
    await expectRefused(data, "is missing, though it has a backup");
  });

  test("missing, next to an event log", async () => {
    const data = await temporaryFolder();
    await mkdir(join(data, "events"));
    await writeFile(join(data, "events/00000001.ndjson"), "");
    await expectRefused(data, "is missing, though there is an event log");
  });
});

test("a wrong check comes with the command that accepts the file, quoted for the shell", async () => {
  const data = join(await temporaryFolder(), "it's here");
  await mkdir(data);
  await writeFile(join(data, "experiments.json"), edited('"weight": 50', '"weight": 51'));
  const command = `fairsplit restore '${data.replace("'", "'\\''")}'`;
  const line = await expectRefused(data, "is not a registry: its check", command);
  expect(line).toContain(`if you edited it yourself: ${command} --accept`);
});

test("a file without a check was edited on purpose: it is read as it is", async () => {
  const data = await temporaryFolder();
  const { check: _, ...rest } = JSON.parse(WHOLE);
  await writeFile(join(data, "experiments.json"), JSON.stringify(rest));
  const { base } = await start(["serve", "--data", data, "--port", "0"]);
  expect(Object.keys(await (await fetch(`${base}/api/experiments`)).json())).toEqual(["one", "two"]);
});
