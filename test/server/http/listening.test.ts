import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { CannotListen, listen } from "../../../server/http/listening.ts";

const HOST = "127.0.0.1";
const open = async (port = 0, onMoved: ((port: number) => void) | null = null) => {
  const opened = await listen((_, response) => response.end("here"), { host: HOST, port }, { onMoved, handles: 8 });
  const closed = () => new Promise<void>((resolve) => opened.close(resolve));
  onTestFinished(() => {
    opened.server.closeAllConnections();
  });
  return { ...opened, closed };
};

test.skipIf(process.platform === "win32")(
  "as many connections are accepted in a turn as there are handles",
  async () => {
    const { port, server, closed } = await open();
    let accepted = 0;
    server.on("connection", () => {
      accepted += 1;
    });
    const acceptedInATurn = async () => {
      const sockets = Array.from({ length: 32 }, () => connect({ host: HOST, port }));
      // The system connects them while this process is busy.
      for (const end = performance.now() + 20; performance.now() < end; );
      accepted = 0;
      await new Promise((go) => setImmediate(go));
      for (const socket of sockets) socket.destroy();
      return accepted;
    };
    await expect.poll(acceptedInATurn).toBe(8);
    server.closeAllConnections();
    await closed();
  },
);

test("a port is listened on by one server, though several handles accept its connections", async () => {
  const { port, closed } = await open();
  await expect(open(port)).rejects.toThrow(CannotListen);
  const moves: number[] = [];
  const other = await open(port, (moved) => moves.push(moved));
  expect(moves).toEqual([other.port]);
  await Promise.all([closed(), other.closed()]);
  const again = await open(port);
  expect(again.port).toBe(port);
  await again.closed();
});

test("each of many connections is answered, also one whose client says no more", async () => {
  const { port, server, closed } = await open();
  const answers = await Promise.all(
    Array.from({ length: 64 }, async () => {
      const socket = connect({ host: HOST, port, allowHalfOpen: true });
      await once(socket, "connect");
      socket.end("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      return text(socket);
    }),
  );
  expect(answers.filter((answer) => answer.endsWith("here"))).toHaveLength(64);
  server.closeIdleConnections();
  await closed();
  await expect(fetch(`http://${HOST}:${port}/`)).rejects.toThrow();
});

test("closing waits for the answers that are under way", async () => {
  let answer: () => void = () => undefined;
  const opened = await listen(
    (_, response) => {
      answer = () => response.end("late");
    },
    { host: HOST, port: 0 },
    { handles: 8 },
  );
  const waiting = fetch(`http://${HOST}:${opened.port}/`, { headers: { connection: "close" } }).then((got) =>
    got.text(),
  );
  await expect.poll(() => String(answer).includes("late")).toBe(true);
  let isClosed = false;
  opened.close(() => {
    isClosed = true;
  });
  expect(isClosed).toBe(false);
  answer();
  expect(await waiting).toBe("late");
  await expect.poll(() => isClosed).toBe(true);
});
