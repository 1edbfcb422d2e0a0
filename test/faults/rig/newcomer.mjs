// Run by node: asks a port for groups on a new connection again and again, each time for a new
// device, and prints how many milliseconds each answer took, and its status; 0 for none.
import { connect } from "node:net";

const [port, seconds] = process.argv.slice(2).map(Number);
const EVERY_MS = 50;
const GIVE_UP_MS = 10_000;
const end = performance.now() + seconds * 1000;
let count = 0;

function ask() {
  const start = performance.now();
  count += 1;
  const socket = connect({ port, host: "127.0.0.1" });
  socket.setTimeout(GIVE_UP_MS, () => {
    console.log(GIVE_UP_MS, 0);
    socket.destroy();
  });
  socket.once("error", () => socket.destroy());
  socket.once("data", (chunk) => {
    console.log((performance.now() - start).toFixed(1), chunk.toString("latin1", 9, 12));
    socket.destroy();
  });
  socket.write(
    `GET /api/expgroups?device_id=new-${process.pid}-${count} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
  );
}

const timer = setInterval(() => (performance.now() < end ? ask() : clearInterval(timer)), EVERY_MS);
