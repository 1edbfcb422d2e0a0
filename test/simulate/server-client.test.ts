import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { serverClient } from "../../simulate/server-client.ts";

/** A server that answers so in turn; the last answer stays. */
async function serve(...answers: [status: number, body: object, headers?: Record<string, string>][]) {
  let asked = 0;
  const server = createServer((_, response) => {
    const [status, body, headers = {}] = answers[Math.min(asked, answers.length - 1)] ?? [500, {}];
    asked += 1;
    response.writeHead(status, headers).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked };
}

const BUSY = { detail: "more comes than can be done" };

test("a server that is busy after a load is asked again when it says", async () => {
  const { base, asked } = await serve(
    [503, BUSY, { "retry-after": "0.01" }],
    [429, BUSY, { "retry-after": "0.01" }],
    [200, {}],
  );
  expect(await serverClient(base, null).results("a", "r")).toEqual({});
  expect(asked()).toBe(3);
});

test("a server that stays busy is given up, with what it says", async () => {
  const { base } = await serve([503, BUSY, { "retry-after": "0.01" }]);
  await expect(serverClient(base, null, 50).results("a", "r")).rejects.toThrow(
    /answered 503 for 0\.05 s \(more comes than can be done\)$/,
  );
});

test("a server that accepts connections and never answers is given up once", async () => {
  let asked = 0;
  const server = createServer(() => {
    asked += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(serverClient(base, null, 50).claims()).rejects.toThrow(
    `${base}/api/experiments cannot be reached: no answer within 0.05 s`,
  );
  expect(asked).toBe(1);
});

test("any other answer is none of a fairsplit server, at once", async () => {
  const { base, asked } = await serve([500, {}]);
  await expect(serverClient(base, null).claims()).rejects.toThrow("answered 500, so it is no fairsplit server");
  expect(asked()).toBe(1);
});
