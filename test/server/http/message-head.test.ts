import { expect, test } from "vitest";
import { readHead } from "../../../server/http/message-head.ts";

const read = (text: string, start = 0) => readHead(Buffer.from(text, "latin1"), start);

test("a plain head is read, wherever it begins", () => {
  const before = "xyz";
  const head = "POST /events?sent=1 HTTP/1.1\r\nHost: a\r\nX-Any: \t\xe9 b\r\ncontent-LENGTH:  12 \r\n\r\n";
  expect(read(`${before}${head}{"a":"b"}`, before.length)).toEqual({
    method: "POST",
    url: "/events?sent=1",
    bytes: head.length,
    bodyBytes: 12,
    isLast: false,
  });
});

test.each([
  ["GET / HTTP/1.1\r\n\r\n", { method: "GET", bodyBytes: 0, isLast: false }],
  ["OPTIONS /events HTTP/1.1\r\nConnection: keep-alive\r\n\r\n", { method: "OPTIONS", isLast: false }],
  ["GET /a HTTP/1.1\r\nCONNECTION: Close\r\n\r\n", { isLast: true }],
  ["POST /a HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n", { bodyBytes: null }],
  ["GET /a HTTP/1.1\r\nReferer: x\r\nUser-Agent: y\r\n\r\n", { bodyBytes: 0 }],
])("%j is read", (head, expected) => {
  expect(read(head)).toMatchObject(expected);
});

test.each([
  ["GET / HTTP/1.0\r\n\r\n"],
  ["HEAD / HTTP/1.1\r\n\r\n"],
  ["get / HTTP/1.1\r\n\r\n"],
  ["GET  / HTTP/1.1\r\n\r\n"],
  ["GET http://a/ HTTP/1.1\r\n\r\n"],
  ["GET / HTTP/1.1 \r\n\r\n"],
  ["GET /\x80 HTTP/1.1\r\n\r\n"],
  ["\r\nGET / HTTP/1.1\r\n\r\n"],
  ["GET / HTTP/1.1\n\n"],
  ["GET / HTTP/1.1\r\nHost: a\n\r\n"],
  ["GET / HTTP/1.1\r\nHost : a\r\n\r\n"],
  ["GET / HTTP/1.1\r\nHost\r\n\r\n"],
  ["GET / HTTP/1.1\r\n: a\r\n\r\n"],
  ["GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n"],
  ["GET / HTTP/1.1\r\nX: \u0000\r\n\r\n"],
  ["GET / HTTP/1.1\r\nX: a\r\rY: b\r\n\r\n"],
  ["POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"],
  ["POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\n"],
  ["POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n"],
  ["POST / HTTP/1.1\r\nContent-Length:\r\n\r\n"],
  ["POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"],
  ["POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"],
  ["GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"],
  ["GET / HTTP/1.1\r\nConnection: keep-alive, close\r\n\r\n"],
  ["GET / HTTP/1.1\r\nProxy-Connection: close\r\n\r\n"],
  [`GET / HTTP/1.1\r\nX: ${"x".repeat(8192)}\r\n\r\n`],
])("%j is left to Node", (head) => {
  expect(read(head)).toBeNull();
});

test("no part of a head is taken for a whole one", () => {
  const head = "POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n";
  for (let length = 0; length < head.length; length += 1) expect(read(head.slice(0, length))).toBeNull();
  expect(read(head)).toMatchObject({ bytes: head.length });
});
