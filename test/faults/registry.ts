import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Fault } from "./rig/fault.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { DidNotStart, startServer } from "./rig/server-process.ts";

const DATA_REFUSED = 78;

/**
 * States of `experiments.json` that nobody wrote on purpose; each is made of what the server wrote.
 */
const STATES: Readonly<Record<string, (sound: string) => string | Buffer>> = {
  empty: () => "",
  "white space": () => " \n",
  "NULs of its length": (sound) => Buffer.alloc(sound.length),
  truncated: (sound) => sound.slice(0, sound.length >> 1),
  "without its last brace": (sound) => sound.trimEnd().slice(0, -1),
  "written twice": (sound) => sound + sound,
  garbage: () => Buffer.from("fffe00d8c0c1f5", "hex"),
  null: () => "null",
  "a number": () => "0",
  "a list": () => "[]",
  "an empty object": () => "{}",
  "a schema of the future": (sound) => sound.replace(/"schema": *\d/, '"schema": 99'),
  "experiments that are no list": () => '{"schema":1,"experiments":{}}',
  "an experiment twice": (sound) => sound.replaceAll("headline_test", "homepage_button_test"),
  "a negative weight": (sound) => sound.replace(/"weight": *50/, '"weight": -50'),
  "a weight that is text": (sound) => sound.replace(/"weight": *50/, '"weight": "50"'),
};

/**
 * A registry that is not what the server wrote stops the start, and stays as it is for whoever
 * repairs it.
 */
export const registry: Fault = {
  id: "registry",
  title: `${Object.keys(STATES).length} corrupt states of experiments.json`,
  cycles: { full: 1, short: 1 },
  cycle: "a start on each of them",
  mutant: MUTANTS.registry,
  async run({ program, folder, cycles }) {
    const wrong: string[] = [];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const origin = join(folder, `sound-${cycle}`);
      await (await startServer(program, origin, { mode: "demo" })).stop();
      const sound = await readFile(join(origin, "experiments.json"), "utf8");
      for (const [name, corrupt] of Object.entries(STATES)) {
        const data = join(folder, `${cycle}-${name}`);
        const path = join(data, "experiments.json");
        await mkdir(data);
        const before = Buffer.from(corrupt(sound));
        await writeFile(path, before);
        await chmod(path, 0o644);
        const error = await startServer(program, data, { mode: "demo" }).then(
          (server) => server.kill().then(() => new Error("it started")),
          (refusal: Error) => refusal,
        );
        const isRefused =
          error instanceof DidNotStart && error.exitCode === DATA_REFUSED && error.message.includes(path);
        if (!isRefused) wrong.push(`${name}: ${error.message}`);
        else if (!before.equals(await readFile(path))) wrong.push(`${name}: the file was changed`);
      }
    }
    const states = cycles * Object.keys(STATES).length;
    return {
      tally: null,
      checks: [
        {
          ok: wrong.length === 0,
          text: `${states - wrong.length} of ${states} refused with exit code ${DATA_REFUSED}, the path, and the file untouched${wrong[0] ? `; ${wrong[0]}` : ""}`,
        },
      ],
    };
  },
};
