import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { start } from "../rig/built-program.ts";

const SCRIPT = fileURLToPath(new URL("django_proctor_visits.py", import.meta.url));
const PYTHONS = ["python3", "/usr/bin/python3", "python"];

/** A Python that has Django and django-proctor; PYTHONPATH may name where. */
const python = PYTHONS.find(
  (program) => spawnSync(program, ["-c", "import django, requests, six, proctor.middleware"]).status === 0,
);

interface Visits {
  readonly visits: readonly {
    readonly user: string;
    readonly text: string;
    readonly groups: Readonly<Record<string, readonly [string | null, number | null, unknown]>>;
  }[];
  readonly again: readonly string[];
  readonly forced: string;
  readonly account: string;
  readonly matrix: {
    readonly audit: object;
    readonly tests: Readonly<Record<string, { readonly buckets?: unknown[] }>>;
  };
}

const TESTS = ["buttontst", "pricetst", "ustst", "accounttst", "offtst", "unknowntst"];
const USERS = Array.from({ length: 20 }, (_, i) => `user ${i}/ü`);

test.skipIf(!python).each([false, true])(
  "django-proctor itself has the groups of GET /api/expgroups, and its text counts as exposures (lazy: %s)",
  async (isLazy) => {
    const data = await mkdtemp(join(tmpdir(), "fairsplit-proctor-"));
    onTestFinished(() => rm(data, { recursive: true, force: true }));
    const { base } = await start(["demo", "--data", data, "--port", "0"], {
      FAIRSPLIT_COMPAT: "pipet",
      FAIRSPLIT_PIPET_FORCE: "trusted",
    });
    const send = async (method: string, path: string, body: object) => {
      const headers = { "content-type": "application/json", "if-match": "*" };
      const answer = await fetch(base + path, { method, headers, body: JSON.stringify(body) });
      expect(answer.ok, `${path}: ${await answer.clone().text()}`).toBe(true);
      return answer.json();
    };
    const groups = (...payloads: unknown[]) => [
      { name: "A", weight: 50, ...(payloads.length > 0 ? { payload: payloads[0] } : {}) },
      { name: "B", weight: 50, ...(payloads.length > 0 ? { payload: payloads[1] } : {}) },
    ];
    const goals = [{ event: "signup", kind: "binary" }];
    for (const [key, more] of Object.entries({
      buttontst: { groups: groups(), goals },
      pricetst: { groups: groups([5, 7.5], [6, 8.5]) },
      ustst: { groups: groups("x", "y"), rule: 'ctx.country == "DE"' },
      accounttst: { groups: groups({ a: 1 }, { a: [2] }), unit: "account" },
      offtst: { groups: groups() },
    })) {
      await send("POST", "/api/admin/experiments", { key, ...more });
      await send("PUT", `/api/admin/experiments/${key}`, { state: "active" });
    }
    await send("PUT", "/api/admin/experiments/offtst", { state: "inactive" });

    const root = `${base}/compat/pipet`;
    const run = spawnSync(python as string, [SCRIPT], {
      input: JSON.stringify({ root, tests: TESTS, users: USERS, isLazy }),
      encoding: "utf8",
    });
    expect(run.status, run.stderr).toBe(0);
    const found: Visits = JSON.parse(run.stdout);

    const counts: Record<string, [number, number]> = { A: [0, 0], B: [0, 0] };
    for (const [place, { user, groups: own, text }] of found.visits.entries()) {
      const ids = `device_id=${encodeURIComponent(user)}&ctx.country=US`;
      const answer = await (await fetch(`${base}/api/expgroups?${ids}`)).json();
      for (const key of ["buttontst", "pricetst"]) {
        expect(own[key]).toEqual([answer[key].group, answer[key].value, answer[key].payload ?? null]);
      }
      // The rule says no, no identifier of the unit, unknown to the server: unassigned.
      for (const key of ["ustst", "accounttst", "unknowntst"]) expect(own[key]).toEqual([null, null, null]);
      expect(own.offtst).toEqual(["A", -1, null]);
      expect(text).toBe(`buttontst${own.buttontst?.[1]},pricetst${own.pricetst?.[1]}`);
      const count = counts[own.buttontst?.[0] as string] as [number, number];
      count[0] += 1;
      await send("POST", "/events", { deviceId: user, event: "pageview", groups: text });
      if (place % 2 === 1) continue;
      count[1] += 1;
      await send("POST", "/events", { deviceId: user, event: "signup" });
    }
    expect(found.again).toEqual(found.visits.map(({ text }) => text));
    expect(found.forced).toContain("buttontst1");
    expect(found.account).toMatch(/^accounttst[01]$/);
    expect(Object.keys(found.matrix.tests)).toEqual(TESTS);
    expect(found.matrix.tests.unknowntst).toEqual({});

    const report = await (await fetch(`${base}/api/admin/experiments/buttontst/results`)).json();
    const seen = report.goals[0].groups.map((group: { group: string; devices: number; conversions: number }) => [
      group.group,
      [group.devices, group.conversions],
    ]);
    expect(Object.fromEntries(seen)).toEqual(counts);
  },
);
