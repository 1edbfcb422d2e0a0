// Preloaded by bench/http.ts --sync-delay: every fdatasync of the server takes so many milliseconds
// longer, as on a slow disk, or with `none` is not made at all, which shows what the others cost.
import { open } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

const file = await open("/dev/null", "r");
const handle = Object.getPrototypeOf(file);
await file.close();
const { datasync } = handle;
const delay = process.env.BENCH_SYNC_DELAY;
handle.datasync = async function () {
  if (delay === "none") return;
  await setTimeout(Number(delay));
  await datasync.call(this);
};
