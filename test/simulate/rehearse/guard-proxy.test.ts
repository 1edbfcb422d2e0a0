import { createServer, get } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { hostsOf, isPublic, publicAddress, startGuardProxy } from "../../../simulate/rehearse/guard-proxy.ts";

test.each([
  ["93.184.216.34", true],
  ["2606:2800:220:1::1", true],
  ["127.0.0.1", false],
  ["10.1.2.3", false],
  ["172.16.0.1", false],
  ["192.168.1.1", false],
  ["169.254.169.254", false],
  ["100.64.0.1", false],
  ["0.0.0.0", false],
  ["224.0.0.1", false],
  ["::1", false],
  ["::", false],
  ["fe80::1", false],
  ["fd00::1", false],
  ["::ffff:127.0.0.1", false],
  ["::ffff:93.184.216.34", true],
  ["64:ff9b::7f00:1", false],
  ["2002:7f00:1::", false],
  ["not an address", false],
])("%s is public: %s", (address, expected) => {
  expect(isPublic(address)).toBe(expected);
});

test("an allowed origin may be private, at its own port alone", async () => {
  const allowed = hostsOf(["http://127.0.0.1:8080", "https://localhost"]);
  expect([...allowed]).toEqual(["127.0.0.1:8080", "localhost:443"]);
  expect(await publicAddress("127.0.0.1", 8080, allowed)).toBe("127.0.0.1");
  await expect(publicAddress("127.0.0.1", 8081, allowed)).rejects.toThrow("127.0.0.1");
  await expect(publicAddress("localhost", 80, allowed)).rejects.toThrow("no address of the public Internet");
  await expect(publicAddress("[::1]", 80, new Set())).rejects.toThrow("::1");
});

describe("the proxy", () => {
  async function open(isAllowed: boolean) {
    const inner = createServer((request, response) => response.end(`secret at ${request.url}`));
    await new Promise<void>((resolve) => inner.listen(0, "127.0.0.1", resolve));
    const target = `127.0.0.1:${(inner.address() as AddressInfo).port}`;
    const proxy = await startGuardProxy(isAllowed ? [`http://${target}`] : []);
    onTestFinished(() => {
      inner.closeAllConnections();
      inner.close();
      proxy.close();
    });
    const port = Number(/:(\d+)$/.exec(proxy.flags[0] ?? "")?.[1]);
    return { target, port };
  }
  const plain = (port: number, url: string) =>
    new Promise<[number | undefined, string]>((resolve, reject) => {
      get({ host: "127.0.0.1", port, path: url, headers: { host: new URL(url).host } }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => (text += chunk));
        response.on("end", () => resolve([response.statusCode, text]));
      }).on("error", reject);
    });
  const tunnel = (port: number, target: string) =>
    new Promise<string>((resolve, reject) => {
      let text = "";
      const socket = connect(port, "127.0.0.1", () =>
        socket.write(`CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n\r\n`),
      );
      socket.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
        if (text === "HTTP/1.1 200 Connection Established\r\n\r\n")
          socket.write("GET /b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
      });
      socket.on("end", () => resolve(text));
      socket.on("error", reject);
    });

  test("lets requests and tunnels through to an allowed origin", async () => {
    const { target, port } = await open(true);
    expect(await plain(port, `http://${target}/a?b=1`)).toEqual([200, "secret at /a?b=1"]);
    expect(await tunnel(port, target)).toContain("secret at /b");
  });

  test("lets none through to another private address", async () => {
    const { target, port } = await open(false);
    const [status, text] = await plain(port, `http://${target}/a`);
    expect(status).toBe(403);
    expect(text).not.toContain("secret");
    expect(await tunnel(port, target)).toBe("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
});
