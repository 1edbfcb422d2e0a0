import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openRegistry } from "../../../server/registry/registry.ts";
import type { SimulationReport } from "../../../simulate/report.ts";
import { experimentsOf } from "../../../simulate/scenario/own-experiments.ts";
import { parseScenario } from "../../../simulate/scenario/scenario.ts";
import { PROGRAM, start } from "../../server/rig/built-program.ts";
import { temporaryFolder } from "../../server/rig/open-app.ts";

const DAY_MS = 86_400_000;

const scenario = (site: string) => `
site: ${site}
days: 3
experiments:
  headline: { groups: { Plain: 50, Bold: 50 }, pages: [home] }
  landing: { groups: { Old: 50, New: 50 }, pages: [offer] }
pages:
  home: { path: /, start: 70%, next: { offer: 60% } }
  offer: { path: /offer, start: 30%, next: { thanks: 50% }, redirect: { landing: { New: offer_new } } }
  offer_new: { path: /offer/new, next: { thanks: 70% } }
  thanks: { path: /thanks }
goals:
  newsletter: { page: home, rate: 50% }
  order: { page: thanks, kind: value, rate: 80%, value: { median: 40 } }
  arrived: { page: thanks, by: page, rate: 100% }
visitors:
  returning: { share: 40%, after: 1d }
  consent: 80%
  privacyControl: 10%
  bots: 5%
`;

/** The pages of a shop that has the server's tag, and scripts and a policy of its own. */
const pages = (api: string): Readonly<Record<string, string>> => {
  const page = (title: string, body: string) => `<!doctype html><html lang="en"><head><title>${title}</title>
    <link rel="icon" href="data:,"><script async src="${api}/tag.js" data-consent="required"></script></head>
    <body><nav><a href="/">Shop</a></nav><main>${body}</main></body></html>`;
  return {
    "/": page(
      "Shop",
      `<button data-exp-click="newsletter">Subscribe</button><script>
        // As a framework does, some time after the page has come.
        setTimeout(() => {
          const late = document.createElement("section");
          late.dataset.exp = "headline";
          late.innerHTML = '<template data-group="Plain"><h1>Shoes</h1></template><template data-group="Bold"><h1><b>Shoes!</b></h1></template>';
          document.querySelector("main").prepend(late);
        }, 50);
      </script>`,
    ),
    "/offer": page("Offer", `<div data-exp="landing" data-exp-redirect='{"New":"/offer/new"}'><h1>Offer</h1></div>`),
    "/offer/new": page("The new offer", "<h1>The new offer</h1>"),
    "/thanks": page("Thanks", `<h1>Thanks</h1><script>(window.fairsplit ||= []).push(["track", "arrived"]);</script>`),
  };
};

/** Serves a shop under another host and port than the server of its tag. */
async function openShop(api: string) {
  const texts = pages(api);
  let opened = 0;
  const server: Server = createServer(({ url = "/" }, response) => {
    opened += 1;
    const text = texts[new URL(url, "http://shop").pathname];
    response.writeHead(text === undefined ? 404 : 200, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `default-src 'self' data:; script-src 'unsafe-inline' ${api}; connect-src ${api}`,
    });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    site: `http://localhost:${(server.address() as AddressInfo).port}`,
    /** Pages that were opened since the last call. */
    takeOpened() {
      const last = opened;
      opened = 0;
      return last;
    },
  };
}

function simulate(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const all = [PROGRAM, "simulate", "--seed", "site", "--json", "-q", ...args];
    execFile(process.execPath, all, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

test("a site of another host, with the server's tag, is visited by a browser as by requests", async () => {
  const data = await temporaryFolder();
  const began = Date.now() - 10 * DAY_MS;
  const experiments = experimentsOf(parseScenario("shop", scenario("https://shop.example")), began);
  await openRegistry(join(data, "experiments.json"), experiments, new Date(began).toISOString());
  const { base } = await start(["demo", "--port", "0", "--data", data]);
  const file = join(await temporaryFolder(), "shop.yaml");
  const { site, takeOpened } = await openShop(base);
  await writeFile(file, scenario(site));

  const reports: SimulationReport[] = [];
  const opened: number[] = [];
  for (const driver of ["http", "browser"]) {
    const args = ["--scenario", file, "--url", base, "--driver", driver, "-n", "20"];
    const { code, stdout, stderr } = await simulate(...args);
    const report = JSON.parse(stdout || "{}") as SimulationReport;
    expect([driver, code, report.checks?.filter(({ ok }) => !ok), stderr]).toEqual([driver, 0, [], ""]);
    reports.push(report);
    opened.push(takeOpened());
  }
  const [http, browser] = reports as [SimulationReport, SimulationReport];
  expect(http.scenario?.silent).toBeGreaterThan(0);
  expect(http.accounting.sent).toBeGreaterThan(20);
  expect(opened).toEqual([0, expect.toSatisfy((pages: number) => pages > 20)]);
  const { driver, rerun } = http;
  expect({ ...browser, driver, rerun, timing: 0 }).toEqual({ ...http, timing: 0 });
}, 120_000);
