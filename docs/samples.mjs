// Writes the output of commands into the documents anew, wherever a comment asks for it: `npm run
// samples`. <!-- output of: fairsplit simulate -n 200 --seed 1 -->
//   ```
//   …
//   ```
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DOCUMENTS = ["README.md"];
const SAMPLE = /(<!-- output of: fairsplit (.+?) -->\n```\n)[\s\S]*?(^```$)/gm;
/** Depends on the machine. */
const TIMING = /^\d+ visits in [\d.]+ s, [\d.]+ per second\.\n/m;

for (const document of DOCUMENTS) {
  const file = new URL(`../${document}`, import.meta.url);
  const text = readFileSync(file, "utf8");
  writeFileSync(
    file,
    text.replace(SAMPLE, (_, head, command, end) => {
      const args = ["dist/fairsplit.js", ...command.split(" ")];
      const options = { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NO_COLOR: "1" } };
      const { stdout } = spawnSync(process.execPath, args, options);
      return `${head}${stdout.toString().replace(TIMING, "")}${end}`;
    }),
  );
}
