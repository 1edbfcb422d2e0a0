import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, expect, test } from "vitest";
import type { RehearsalCheckName, RehearsalReport } from "../../../core/rehearsal/report.ts";
import { rehearsalReport } from "../../../simulate/rehearse/main.ts";
import { parseRehearseOptions } from "../../../simulate/rehearse/options.ts";
import { rehearsalServer } from "../../../simulate/rehearse/rehearsal-server.ts";
import { PROGRAM } from "../../server/rig/built-program.ts";
import { serveSite } from "./rehearsed-site.ts";

export const TOKEN = "a-token-of-a-rehearsal-0123456789";
/** The experiment that most pages of the site show. */
export const KEY = "headline";

let server: { readonly base: string; readonly child: ChildProcess };
let site: Awaited<ReturnType<typeof serveSite>>;

/** Addresses, once `startRehearsals` has started. */
export const serverUrl = () => server.base;
export const siteUrl = () => site.url;
/** Orders that the site has taken. */
export const orders = () => site.orders();

export const admin = async (path: string, init: RequestInit = {}) =>
  fetch(`${server.base}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
  });

/** Starts a server with the experiments and the site, for all tests of the file that calls it. */
export function startRehearsals(): void {
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "fairsplit-rehearse-"));
    const child = spawn(process.execPath, [PROGRAM, "serve", "--port", "0", "--data", folder], {
      env: { ...process.env, FAIRSPLIT_ADMIN_TOKEN: TOKEN },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [line] = await once(createInterface(child.stdout), "line");
    server = { base: String(line).replace("fairsplit listening on ", ""), child };
    site = await serveSite(server.base);
    const groups = [
      { name: "A", weight: 1 },
      { name: "B", weight: 1 },
      { name: "Later", weight: 0 },
    ];
    const second = { key: "second", groups, state: "active" };
    await admin("/api/admin/experiments", { method: "POST", body: JSON.stringify(second) });
    const created = await admin("/api/admin/experiments", {
      method: "POST",
      body: JSON.stringify({ key: KEY, groups }),
    });
    expect(created.status).toBe(201);
    return async () => {
      site.close();
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    };
  });
}

/** Rehearses an experiment on a page of the site. */
export async function rehearsed(page: string, more: Record<string, unknown> = {}): Promise<RehearsalReport> {
  const flags = { experiment: KEY, url: `${site.url}/${page}`, server: server.base, token: TOKEN, n: "1", quiet: true };
  const options = parseRehearseOptions({ ...flags, ...more }, {});
  return rehearsalReport(options, rehearsalServer(options.server, options.token, options.experiment));
}

/** Names of the checks that failed. */
export const failedOf = ({ checks }: RehearsalReport) => checks.filter(({ ok }) => !ok).map(({ name }) => name);

/** A page of the site with a fault, and the check that finds it. */
export type BrokenPage = [page: string, check: RehearsalCheckName, detail: RegExp, fix: RegExp];

/** One test for each broken page. */
export function testBrokenPages(pages: readonly BrokenPage[]): void {
  test.each(pages)("finds the fault of the page %s by its check “%s”", async (page, check, detail, fix) => {
    const report = await rehearsed(page);
    expect(failedOf(report)).toContain(check);
    const found = report.checks.find(({ name }) => name === check);
    expect(found?.detail).toMatch(detail);
    expect(found?.fix).toMatch(fix);
    expect(await (await admin("/events")).json(), "nothing is counted").toEqual([]);
  });
}
