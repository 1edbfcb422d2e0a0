import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readdir, readFile, rename, symlink } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { loggedPath } from "../../server/ops/access-log.ts";
import { ROOT, run, start } from "./rig/built-program.ts";
import { temporaryFolder } from "./rig/open-app.ts";

const serve = async (args: readonly string[] = [], env: Record<string, string> = {}) => {
  const data = await temporaryFolder();
  return { data, ...(await start(["serve", "--data", data, "--port", "0", ...args], env)) };
};

/** A server's answer to bytes on a socket. */
async function answerTo(where: number | string, request: string): Promise<string> {
  const socket = typeof where === "number" ? connect(where, "127.0.0.1") : connect(where);
  // Do not end the socket: a closed client gets no answer.
  socket.write(request);
  return text(socket);
}

describe("where the server listens", () => {
  test("a Unix socket, also after a server that was killed there, but never another's", async () => {
    const socket = join(await temporaryFolder(), "fairsplit.sock");
    const first = await serve(["--listen", `unix:${socket}`]);
    expect(first.firstLine).toBe(`fairsplit listening on unix:${socket}`);
    expect(await answerTo(socket, "GET /healthz HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 /);
    const data = await temporaryFolder();
    const second = run(["serve", "--data", data, "--listen", `unix:${socket}`]);
    expect(await second.closed).toBe(3);
    expect(second.output.stderr).toContain(`fairsplit: cannot listen on unix:${socket}: `);
    first.child.kill("SIGKILL");
    await first.closed;
    await serve(["--listen", `unix:${socket}`]);
    expect(await answerTo(socket, "GET /healthz HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("an IPv6 address as in a URL", async () => {
    const { base } = await serve(["--host", "[::1]"]);
    expect(base).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
  });

  test.each(["/healthz", "/readyz"])("%s answers without Host, as HTTP/1.0 and 1.1", async (path) => {
    const { base } = await serve();
    const port = Number(new URL(base).port);
    expect(await answerTo(port, `GET ${path} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await answerTo(port, `GET ${path} HTTP/1.1\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("variables that Kubernetes makes for a Service named fairsplit are ignored, and named", async () => {
    const env = {
      FAIRSPLIT_PORT: "tcp://10.0.0.1:80",
      FAIRSPLIT_SERVICE_HOST: "10.0.0.1",
      FAIRSPLIT_SERVICE_PORT: "80",
      FAIRSPLIT_SERVICE_PORT_HTTP: "80",
      FAIRSPLIT_PORT_80_TCP: "tcp://10.0.0.1:80",
      FAIRSPLIT_PORT_80_TCP_ADDR: "10.0.0.1",
      // Variables of another Service, named fairsplit-web.
      FAIRSPLIT_WEB_PORT: "tcp://10.0.0.2:80",
      FAIRSPLIT_WEB_SERVICE_HOST: "10.0.0.2",
    };
    const { output } = await serve([], env);
    expect(output.stderr).toContain(`fairsplit: ignored ${Object.keys(env).join(", ")}, which Kubernetes makes`);
  });
});

describe("what the server writes", () => {
  test("is JSON where it is asked for", async () => {
    const { lines } = await serve(["--log-format", "json"]);
    expect(lines("stderr").map((line) => JSON.parse(line))).toContainEqual({
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      level: "info",
      message: expect.stringContaining("made an admin token"),
    });
  });

  test("is nothing below its level", async () => {
    expect((await serve(["--log-level", "warn"])).output.stderr).toBe("");
  });

  test("has no line per request, unless there is a file for it; SIGHUP opens that anew and stops nothing", async () => {
    const file = join(await temporaryFolder(), "access.log");
    const { base, child } = await serve(["--access-log", file]);
    await fetch(`${base}/api/expgroups?device_id=secret-device`);
    const lines = async (path: string) => (await readFile(path, "utf8").catch(() => "")).split("\n").slice(0, -1);
    await expect.poll(() => lines(file)).toEqual([expect.stringMatching(/^\S+Z GET \/api\/expgroups 200 [\d.]+ ms$/)]);
    await rename(file, `${file}.1`);
    child.kill("SIGHUP");
    await expect
      .poll(async () => {
        await fetch(`${base}/nowhere`);
        return lines(file);
      })
      .toContainEqual(expect.stringMatching(/ GET \/nowhere 404 /));
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
  });

  test("has the lines of requests, too, where they go to a dash", async () => {
    const { base, output } = await serve(["--access-log", "-"]);
    await fetch(`${base}/nowhere`);
    await expect.poll(() => output.stderr).toMatch(/ GET \/nowhere 404 /);
  });

  // Windows cannot pause a process.
  test.skipIf(process.platform === "win32")(
    "has a line of each request that was turned away",
    async () => {
      const file = join(await temporaryFolder(), "access.log");
      const { base, child } = await serve(["--access-log", file, "--rate-limit", "0"]);
      const sockets = await Promise.all(
        Array.from({ length: 400 }, async () => {
          const socket = connect(Number(new URL(base).port), "127.0.0.1");
          await once(socket, "connect");
          return socket;
        }),
      );
      const found = { answers: 0, turnedAway: 0, unparsed: 0 };
      // More posts at once than may wait; after the first time, idle connections are watched.
      for (let round = 0; round < 3; round += 1) {
        child.kill("SIGSTOP");
        const answers = sockets.map(async (socket) => {
          socket.write("POST /events?secret HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
          const [answer] = await once(socket, "data");
          return String(answer);
        });
        child.kill("SIGCONT");
        for (const answer of await Promise.all(answers)) {
          found.answers += 1;
          if (!answer.startsWith("HTTP/1.1 503 ")) continue;
          found.turnedAway += 1;
          // Node's own answers have a date.
          if (!/^date: /im.test(answer)) found.unparsed += 1;
        }
      }
      for (const socket of sockets) socket.destroy();
      expect(found.unparsed).toBeGreaterThan(0);
      await expect
        .poll(async () => {
          const lines = (await readFile(file, "utf8")).split("\n").slice(0, -1);
          const turnedAway = lines.filter((line) => /^\S+Z POST \/events 503 [\d.]+ ms$/.test(line));
          return { answers: lines.length, turnedAway: turnedAway.length };
        })
        .toEqual({ answers: found.answers, turnedAway: found.turnedAway });
    },
    30_000,
  );

  test.each([
    ["/api/expgroups?device_id=a", "/api/expgroups"],
    ["/login/secret-link", "/login/…"],
    ["/login", "/login"],
    ["http://other/x?y", "/x"],
    ["/a\nb", "/a%0Ab"],
  ])("a line of %j names %j", (url, path) => {
    expect(loggedPath(url)).toBe(path);
  });
});

describe("bad settings are exit code 2", () => {
  test.each([
    [["--listen", "/run/x.sock"], 'listen is "/run/x.sock": allowed is unix: and the path of a socket'],
    [["--log-level", "loud"], 'log-level is "loud": allowed are error, warn, info'],
    [["--log-format", "xml"], 'log-format is "xml": allowed are text, json'],
    [["--access-log", "/nowhere/x"], 'access-log is "/nowhere/x", which cannot be written (ENOENT'],
  ])("%j", async (args, says) => {
    const { closed, output } = run(["serve", "--data", await temporaryFolder(), "--port", "0", ...args]);
    expect(await closed).toBe(2);
    expect(output.stderr).toContain(`fairsplit: ${says}`);
  });
});

test("without DuckDB the server takes requests, and says what does not work", async () => {
  // A copy of the packed files, with all packages but that one.
  const root = await temporaryFolder();
  for (const part of ["dist", "demo-pages", "package.json"])
    await cp(join(ROOT, part), join(root, part), { recursive: true });
  await mkdir(join(root, "node_modules"));
  for (const name of await readdir(join(ROOT, "node_modules"))) {
    if (name !== "@duckdb") await symlink(join(ROOT, "node_modules", name), join(root, "node_modules", name));
  }
  const data = await temporaryFolder();
  const child = spawn(process.execPath, [join(root, "dist/fairsplit.js"), "serve", "--data", data, "--port", "0"]);
  try {
    const [chunk] = await once(child.stdout, "data");
    const base = /http:\S+/.exec(String(chunk))?.[0] ?? "";
    const missing = expect.stringMatching(/need DuckDB, which is not installed: npm install @duckdb\/node-api@/);
    expect(await (await fetch(`${base}/readyz`)).json()).toEqual({ status: "ready", missing });
    expect((await fetch(`${base}/api/experiments`)).status).toBe(200);
  } finally {
    child.kill("SIGKILL");
  }
});
