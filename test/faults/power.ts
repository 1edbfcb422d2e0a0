import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Clients } from "./rig/clients.ts";
import type { Fault } from "./rig/fault.ts";
import { Journal, sum, type Tally } from "./rig/journal.ts";
import { imageLacks, mount, run } from "./rig/mount.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { startServer, storedEvents } from "./rig/server-process.ts";

const IMAGE_MB = 48;
/**
 * The kernel writes back by itself only after this; what is not synced would otherwise look
 * durable.
 */
const COMMIT_SECONDS = 300;

/**
 * A power cut: the writer is stopped, and what its file system had really written, an image in a
 * file, is copied and mounted anew. What was only in the page cache is not in the copy.
 */
export const power: Fault = {
  id: "power",
  title:
    "a power cut under load: the disk's image is copied from below a stopped writer and mounted again (ext4 on loop)",
  cycles: { full: 20, short: 2 },
  cycle: "a new ext4 image, 100 to 600 ms of load, a cut, a start on the copy",
  mutant: MUTANTS.power,
  lacks: imageLacks,
  async run(trial) {
    const { program, folder, random, cycles, progress } = trial;
    const tallies: Tally[] = [];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const image = join(folder, `image-${cycle}`);
      run("truncate", "-s", `${IMAGE_MB}M`, image);
      run("mkfs.ext4", "-q", "-F", image);
      const disk = mount(trial, join(folder, `disk-${cycle}`), "-o", `loop,commit=${COMMIT_SECONDS}`, image);
      const journal = new Journal(join(folder, `journal-${cycle}`));
      const clients = new Clients(journal, random, { clients: 16, batch: [1, 10] });
      const server = await startServer(program, join(disk, "data"));
      clients.start(server.url);
      await delay(random.whole(100, 600));
      server.child.kill("SIGSTOP");
      // Answers that are on their way have been given: they count.
      await delay(100);
      await copyFile(image, `${image}-after`);
      await server.kill();
      await clients.stop();
      run("umount", disk);

      const after = mount(trial, join(folder, `after-${cycle}`), "-o", "loop", `${image}-after`);
      const again = await startServer(program, join(after, "data"));
      tallies.push(await journal.check(storedEvents(again.url)));
      await again.kill();
      run("umount", after);
      await Promise.all([rm(image), rm(`${image}-after`)]);
      journal.close();
      progress(`${cycle + 1}/${cycles}`);
    }
    return { tally: sum(tallies), checks: [] };
  },
};
