// Preloaded by bench/http.ts --sync-delay MS: every fdatasync of the server takes that much longer, as on a slow disk.
import { open } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

const file = await open("/dev/null", "r");
const handle = Object.getPrototypeOf(file);
await file.close();
const { datasync } = handle;
handle.datasync = async function () {
  await setTimeout(Number(process.env.BENCH_SYNC_DELAY_MS));
  await datasync.call(this);
};
