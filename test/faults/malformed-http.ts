import type { Random } from "./rig/random.ts";

const EVENT = '{"deviceId":"d","event":"pageview"}';
const KNOWN = [
  "/events",
  "/api/expgroups",
  "/api/experiments",
  "/healthz",
  "/tag.js",
  "/experiments",
  "/experiments/toggle",
];
const post = (headers: string, body = EVENT) => `POST /events HTTP/1.1\r\nHost: a\r\n${headers}\r\n${body}`;
const JSON_TYPE = "Content-Type: application/json\r\n";

/**
 * Kinds of requests that no honest client sends, most of them from the lists that smuggling and
 * fuzzing tools use.
 */
const KINDS: readonly ((random: Random) => string | Buffer)[] = [
  (random) => random.bytes(random.whole(1, 2000)),
  (random) =>
    `${random.pick(["", " ", "GE T", "get", "\u0000", "G\x7fT", "PRI", "POSTPOSTPOST"])} /events HTTP/1.1\r\nHost: a\r\n\r\n`,
  (random) => `GET / HTTP/${random.pick(["0.9", "1.2", "2.0", "9", "x", "1.1 ", "-1.1", ""])}\r\nHost: a\r\n\r\n`,
  () => "GET /events HTTP/1.1\r\n\r\n",
  () => "GET /events HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
  () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  () => Buffer.from("16030100c8010000c40303", "hex"),
  (random) =>
    `${random.pick(["TRACE", "CONNECT", "DELETE", "PUT", "PATCH", "OPTIONS", "HEAD", "PURGE"])} ${random.pick(KNOWN)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  (random) =>
    `GET ${random.pick(["http://", "//", "*", "\\", "?", "#", "http://[::1", "http://a:99999/", "/..%2f..%2fetc/passwd", "/%", "/%zz", "/%c0%ae%c0%ae/", "/\u00ff", "/events?since=%00", "/events?limit=1e9", "/experiments/%ff"])} HTTP/1.1\r\nHost: a\r\n\r\n`,
  (random) => `GET ${random.pick(KNOWN)}?${"a=b&".repeat(random.whole(1, 3000))} HTTP/1.1\r\nHost: a\r\n\r\n`,
  (random) =>
    `GET /api/expgroups?device_id=${random.pick(["%", "%ff", "%00", "%ed%a0%80", "x".repeat(300), "__proto__", "%F0%9F", "a&device_id=b"])} HTTP/1.1\r\nHost: a\r\n\r\n`,
  (random) =>
    `GET / HTTP/1.1\r\nHost: a\r\n${random.pick(["X: \u0000", "X\u0000: a", ": a", "X : a", " X: a", "X: a\rY: b", "X\r\n", "é: é", "Host"])}\r\n\r\n`,
  (random) => `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(random.whole(10_000, 40_000))}\r\n\r\n`,
  (random) => `GET / HTTP/1.1\r\nHost: a\r\n${"X: y\r\n".repeat(random.whole(1000, 3000))}\r\n`,
  (random) =>
    post(
      `${JSON_TYPE}Content-Length: ${random.pick(["-1", "x", "1e3", "0x10", "+5", "", "1, 1", "18446744073709551617", "9".repeat(40), "65537"])}\r\n`,
    ),
  (random) => post(`${JSON_TYPE}Content-Length: 5\r\nContent-Length: ${random.whole(0, 99)}\r\n`),
  (random) =>
    post(
      `${JSON_TYPE}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n`,
      `${random.pick(["5", "0"])}\r\nGET / HTTP/1.1\r\n\r\n`,
    ),
  (random) =>
    post(
      `${JSON_TYPE}Transfer-Encoding: ${random.pick(["identity", "xchunked", "chunked, chunked", "gzip, chunked", "\tchunked", "chunked\u000b", "cow"])}\r\n`,
      "5\r\nhello\r\n0\r\n\r\n",
    ),
  (random) =>
    post(
      `${JSON_TYPE}Transfer-Encoding: chunked\r\n`,
      random.pick([
        "zz\r\nab\r\n",
        "-1\r\n",
        "fffffffffffffffff\r\na",
        "5;a=\u0000\r\nhello\r\n0\r\n\r\n",
        "5\nhello\n0\n\n",
        "2\r\nhello\r\n0\r\n\r\n",
        "0\r\nX: \u0000\r\n\r\n",
        "0\r\n",
      ]),
    ),
  (random) =>
    post(
      `${JSON_TYPE}Content-Length: ${EVENT.length}\r\nContent-Encoding: ${random.pick(["gzip", "br", "deflate", "identity, gzip", "zstd", "\u00ff"])}\r\n`,
    ),
  (random) =>
    post(
      `Content-Type: ${random.pick(["", ";", "text/html", "multipart/form-data; boundary=", "application/json; charset=utf-16", "application/jsonx", "*/*"])}\r\nContent-Length: ${EVENT.length}\r\n`,
    ),
  (random) =>
    post(`${JSON_TYPE}Expect: ${random.pick(["100-continue", "200-ok", ""])}\r\nContent-Length: ${EVENT.length}\r\n`),
  () =>
    "GET /events HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n",
  (random) =>
    post(
      `${JSON_TYPE}Content-Length: ${EVENT.length}\r\nFairsplit-Run: ${random.pick(["", ".", "a.b", "a.b.c.d", "=".repeat(99), "\u00ff\u00fe", "1.99999999999999999999.x"])}\r\n`,
    ),
  (random) =>
    `POST /experiments/toggle HTTP/1.1\r\nHost: a\r\nContent-Type: ${random.pick(["application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x", "text/plain"])}\r\nContent-Length: 12\r\nAuthorization: ${random.pick(["Bearer", "Basic Og==", "Bearer the-fault-suite-holds-this-token"])}\r\n\r\n${random.pick(["experiment=%", "--x\r\n\r\n\r\n--x", "experiment=_", "============"])}`,
  (random) =>
    `${post(`${JSON_TYPE}Content-Length: ${EVENT.length}\r\n`)}${"\r\n".repeat(random.whole(1, 9))}GARBAGE ${random.whole(0, 9)}\r\n\r\n`,
  (random) => post(`${JSON_TYPE}Content-Length: ${EVENT.length + random.whole(1, 99)}\r\n`),
];

/** A request, right down to its bytes, that a server must refuse or survive. */
export function malformedRequest(random: Random): Buffer {
  const request = random.pick(KINDS)(random);
  return typeof request === "string" ? Buffer.from(request, "latin1") : request;
}
