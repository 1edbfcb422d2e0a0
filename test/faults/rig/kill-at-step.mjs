// Imported by node before the program (`node --import`): ends it by SIGKILL at the KILL_AT-th of
// its calls that change a file. A write that it ends has written half of its bytes.
import { createRequire, syncBuiltinESMExports } from "node:module";

const fs = createRequire(import.meta.url)("node:fs");
const killAt = Number(process.env.KILL_AT);
let step = 0;

function isLast() {
  step += 1;
  return step === killAt;
}

function die() {
  process.kill(process.pid, "SIGKILL");
  // The signal may arrive a moment later.
  for (;;);
}

for (const name of ["rename", "rm", "unlink", "mkdir", "writeFile", "copyFile"]) {
  const call = fs.promises[name];
  fs.promises[name] = (...parts) => (isLast() ? die() : call(...parts));
}
const handle = await fs.promises.open(new URL(import.meta.url));
const methods = Object.getPrototypeOf(handle);
for (const name of ["write", "writeFile", "writev", "sync", "datasync", "truncate"]) {
  const call = methods[name];
  methods[name] = function (data, ...parts) {
    if (!isLast()) return call.call(this, data, ...parts);
    const bytes = name.startsWith("write") && !Array.isArray(data) ? Buffer.from(data) : Buffer.alloc(0);
    // `write(bytes, offset, length, position)`; the others go on where the file is.
    const [from = 0, length = bytes.length, position = null] = name === "write" ? parts : [];
    if (length > 1) fs.writeSync(this.fd, bytes, from, length >> 1, position);
    return die();
  };
}
await handle.close();
syncBuiltinESMExports();
