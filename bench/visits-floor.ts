// The most visits that a server takes: the requests of a visit as ready-made texts on open sockets,
// of whose answers only the length is read.
import { connect, type Socket } from "node:net";

const CONNECTIONS = 32;
const EXPERIMENTS = ["headline_test", "homepage_button_test"];

let made = 0;

/** Sends the requests of that many visits; resolves when all are answered by 2xx. */
export async function sendRawVisits(
  base: string,
  headers: Readonly<Record<string, string>>,
  visits: number,
  oneClickIn: number,
): Promise<void> {
  const { host, hostname, port } = new URL(base);
  const head = `Host: ${host}\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}`;
  let next = 0;
  const visitor = async () => {
    const exchange = answersOf(connect(Number(port), hostname));
    while (next < visits) {
      next += 1;
      made += 1;
      const device = made.toString(16).padStart(32, "f");
      const time = new Date().toISOString();
      let events = 0;
      const event = (fields: string) => {
        events += 1;
        return `{"id":"${device}-${events}","ts":"${time}","deviceId":"${device}","path":"/demo/7-admin-page",${fields}}`;
      };
      const post = (body: string) =>
        exchange(
          `POST /notes?sent=${Date.now()} HTTP/1.1\r\n${head}Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        );
      const groups = await exchange(
        `GET /groups?device_id=${device}&path=%2Fdemo%2F7-admin-page&force=&at=${Date.now()} HTTP/1.1\r\n${head}\r\n`,
      );
      const seen = EXPERIMENTS.map((key) => {
        const group = new RegExp(`"${key}":.*?"group":"(\\w+)"`).exec(groups)?.[1] ?? "";
        return `"experiment":"${key}","group":"${group}","epoch":1`;
      });
      const exposures = seen.map((fields) => event(`"event":"exposure",${fields}`));
      await post(`[${[event('"event":"pageview"'), ...exposures]}]`);
      if (made % oneClickIn === 0) await post(`[${event(`"event":"button_click",${seen[1]}`)}]`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, visitor));
}

/** Sends one request after the other on a socket; resolves to the text of each answer. */
function answersOf(socket: Socket): (request: string) => Promise<string> {
  let text = "";
  let resolveAnswer: (answer: string) => void = () => undefined;
  let rejectAnswer: (error: Error) => void = () => undefined;
  socket.setNoDelay(true);
  socket.unref();
  socket.setEncoding("latin1");
  socket.on("error", (error) => rejectAnswer(error));
  socket.on("data", (chunk: string) => {
    text += chunk;
    const end = text.indexOf("\r\n\r\n");
    if (end === -1) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
    const isWhole = length === undefined ? text.endsWith("0\r\n\r\n") : text.length >= end + 4 + Number(length);
    if (!isWhole) return;
    const answer = text;
    text = "";
    if (/^HTTP\/1.1 2/.test(answer)) resolveAnswer(answer);
    else rejectAnswer(new Error(`the server answered ${answer.slice(0, 200)}`));
  });
  return (request) =>
    new Promise((resolve, reject) => {
      resolveAnswer = resolve;
      rejectAnswer = reject;
      socket.write(request);
    });
}
