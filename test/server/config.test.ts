import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isLoopback } from "../../server/auth/reachability.ts";
import { NOBODY } from "../../server/compat/pipet/privilege.ts";
import { readConfig, SETTINGS } from "../../server/config.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import { temporaryFolder } from "./rig/open-app.ts";

const TOKEN = "a-token-of-24-characters";

/** Settings that these tests leave at their defaults. */
const OTHERS = {
  maxLog: { share: 0.8 },
  maxConnections: 10_000,
  archive: null,
  compat: ["ofrep"],
  pipet: { configuration: null, force: NOBODY, isExposedByAnswer: false },
  accessLog: null,
  localToken: "",
  ingestToken: "",
  ignored: [],
  logFormat: "text",
  logLevel: "info",
  socket: null,
};

describe("where a setting comes from", () => {
  test("nothing: the defaults", () => {
    expect(readConfig({}, {})).toEqual({
      host: "127.0.0.1",
      port: 5000,
      data: "./data",
      adminToken: "",
      rateLimit: 6000,
      newDevices: 1200,
      evaluations: 60_000,
      trustProxy: 0,
      baseUrl: null,
      allowedOrigins: [],
      ...OTHERS,
    });
  });

  test("the environment wins over the defaults, flags win over the environment", () => {
    const env = { FAIRSPLIT_HOST: "::1", FAIRSPLIT_PORT: "0", FAIRSPLIT_DATA: "/var/a", FAIRSPLIT_ADMIN_TOKEN: TOKEN };
    expect(readConfig({}, env)).toEqual({
      host: "::1",
      port: 0,
      data: "/var/a",
      adminToken: TOKEN,
      rateLimit: 6000,
      newDevices: 1200,
      evaluations: 60_000,
      trustProxy: 0,
      baseUrl: null,
      allowedOrigins: [],
      ...OTHERS,
    });
    expect(readConfig({ port: "65535", data: "/var/b" }, env)).toEqual({
      host: "::1",
      port: 65535,
      data: "/var/b",
      adminToken: TOKEN,
      rateLimit: 6000,
      newDevices: 1200,
      evaluations: 60_000,
      trustProxy: 0,
      baseUrl: null,
      allowedOrigins: [],
      ...OTHERS,
    });
  });

  test("the admin token may be in a file, with a newline at its end", async () => {
    const file = join(await temporaryFolder(), "token");
    await writeFile(file, `${TOKEN}\n`);
    expect(readConfig({ "admin-token-file": file }, {}).adminToken).toBe(TOKEN);
    expect(readConfig({}, { FAIRSPLIT_ADMIN_TOKEN_FILE: file }).adminToken).toBe(TOKEN);
  });

  test.each([
    ["https://ab.example.com", "https://ab.example.com"],
    ["https://AB.example.com:443/", "https://ab.example.com"],
    ["http://127.0.0.1:5000", "http://127.0.0.1:5000"],
    ["http://[::1]:5000/", "http://[::1]:5000"],
  ])("the base URL %s is the origin %s", (text, origin) => {
    expect(readConfig({ "base-url": text }, {}).baseUrl).toBe(origin);
  });

  test("other programs' variables are not ours to refuse", () => {
    expect(() =>
      readConfig({}, { PATH: "/bin", PORT: "abc", FAIRSPLITTER: "x", FAIRSPLIT_BROWSER: "/bin/chromium" }),
    ).not.toThrow();
  });
});

describe("what is refused", () => {
  test.each<[flags: Record<string, unknown>, env: Record<string, string>, message: string]>([
    [{ port: "abc" }, {}, 'port is "abc": allowed are whole numbers from 0 to 65535'],
    [{ port: "" }, {}, 'port is "": allowed are whole numbers'],
    [{ "max-connections": "many" }, {}, 'max-connections is "many": allowed are whole numbers from 0 to 1000000'],
    [{ port: " " }, {}, 'port is " ": allowed'],
    [{ port: "-1" }, {}, 'port is "-1": allowed'],
    [{ port: "65536" }, {}, 'port is "65536": allowed'],
    [{ port: "80.5" }, {}, 'port is "80.5": allowed'],
    [{ port: "0x50" }, {}, 'port is "0x50": allowed'],
    [{ port: "1e3" }, {}, 'port is "1e3": allowed'],
    [{ port: "5000\n" }, {}, "allowed are whole numbers"],
    [{ port: ["5000", "5001"] }, {}, "--port is given 2 times: allowed is once"],
    [{ data: ["a", "b"] }, {}, "--data is given 2 times: allowed is once"],
    [{}, { FAIRSPLIT_PORT: "" }, 'port is "": allowed'],
    [{ host: "" }, {}, 'host is "": allowed is an address such as 127.0.0.1'],
    [{}, { FAIRSPLIT_HOST: "" }, 'host is "": allowed'],
    [{ data: "" }, {}, 'data is "": allowed is the path of a folder'],
    [{ "admin-token": "short" }, {}, "the admin token has 5 characters: allowed are 24 or more"],
    [{ "admin-token": TOKEN.slice(1) }, {}, "the admin token has 23 characters"],
    [{ compat: "pipet,proctor" }, {}, 'compat has "proctor": allowed are pipet, registry, django'],
    [{ "pipet-force": "all" }, {}, 'pipet-force has "all": allowed are trusted, basic and networks'],
    [{ "pipet-exposure": "x" }, {}, 'pipet-exposure is "x": allowed are groups, identify'],
    [{ "pipet-config": "/none.json" }, {}, 'pipet-config is "/none.json", which cannot be read'],
    [{ "allowed-origins": "http://a:1, b" }, {}, 'allowed-origins has "b": allowed are origins such as'],
    [{ "allowed-origins": "http://a/path" }, {}, 'allowed-origins has "http://a/path": allowed are origins'],
    [{ archive: "data/events", data: "data" }, {}, 'archive is "data/events": allowed is a folder that is neither'],
    [{ "base-url": "ab.example.com" }, {}, 'base-url is "ab.example.com": allowed is http(s)://host'],
    [{ "base-url": "ftp://ab.example.com" }, {}, 'base-url is "ftp://ab.example.com": allowed'],
    [{ "base-url": "https://ab.example.com/a b" }, {}, 'base-url is "https://ab.example.com/a b": allowed'],
    [{ "base-url": "https://ab.example.com//ab" }, {}, 'base-url is "https://ab.example.com//ab": allowed'],
    [{ "base-url": 'https://ab.example.com/"' }, {}, "base-url is"],
    [{ "base-url": "https://ab.example.com/ab/?" }, {}, "base-url is"],
    [{ "base-url": "https://ab.example.com/api" }, {}, "its path may not begin as ours do (api, compat, demo,"],
    [{ "base-url": "https://ab.example.com/experiments/x/" }, {}, "its path may not begin as ours do"],
    [{ "base-url": "https://ab.example.com/?a=b" }, {}, "base-url is"],
    [{ "base-url": "https://ab.example.com/?" }, {}, "base-url is"],
    [{ "base-url": "https://ab.example.com#" }, {}, "base-url is"],
    [{ "base-url": "https://me:secret@ab.example.com" }, {}, "base-url is"],
    [{ "base-url": "https://" }, {}, 'base-url is "https://": allowed'],
    [{}, { FAIRSPLIT_BASE_URL: "javascript:alert(1)" }, 'base-url is "javascript:alert(1)": allowed'],
    [{ "admin-token": TOKEN, "admin-token-file": "x" }, {}, "admin-token and admin-token-file are both set"],
    [
      { "admin-token-file": "/nonexistent/x" },
      {},
      'admin-token-file is "/nonexistent/x", which cannot be read (ENOENT',
    ],
    [{ "admin-token-file": "/dev/null" }, {}, "the admin token has 0 characters"],
    [{}, { FAIRSPLIT_PROT: "80" }, "FAIRSPLIT_PROT is not a setting: allowed are FAIRSPLIT_HOST, FAIRSPLIT_PORT"],
    [{}, { FAIRSPLIT_: "80" }, "FAIRSPLIT_ is not a setting"],
  ])("flags %j, environment %j", (flags, env, message) => {
    expect(() => readConfig(flags, env)).toThrow(BadConfig);
    expect(() => readConfig(flags, env)).toThrow(message);
  });

  test("an error never shows the token", () => {
    expect(() => readConfig({ "admin-token": "my-secret" }, {})).not.toThrow("my-secret");
  });
});

test("the variable of a setting is its flag in capitals", () => {
  for (const { flag, env } of SETTINGS) expect(env).toBe(`FAIRSPLIT_${flag.toUpperCase().replaceAll("-", "_")}`);
});

test.each<[host: string, expected: boolean]>([
  ["127.0.0.1", true],
  ["127.1.2.3", true],
  ["localhost", true],
  ["::1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["192.168.0.1", false],
  ["127.0.0.1.evil.example", false],
  ["localhost.evil.example", false],
  ["", false],
])("%s is loopback: %s", (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
