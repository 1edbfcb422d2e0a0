// Runs benchmarks and writes their output into the documents, wherever a comment asks for it: `npm
// run figures -- http analyze`, or all without names. Use a quiet machine.
//   <!-- output of: npm run bench:http -->
//   ```
//   …
//   ```
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const FILE = new URL("measured.md", import.meta.url);
const BLOCK = /(<!-- output of: npm run bench:(\w+)( -- .+?)? -->\n```\n)[\s\S]*?(^```$)/gm;

const names = process.argv.slice(2);
const known = [...readFileSync(FILE, "utf8").matchAll(BLOCK)].map(([, , name]) => name);
const unknown = names.find((name) => !known.includes(name));
if (unknown !== undefined) throw new Error(`there is no figure "${unknown}": allowed are ${known.join(", ")}`);

for (const wanted of names.length > 0 ? names : known) {
  let output = "";
  const written = readFileSync(FILE, "utf8").replace(BLOCK, (block, head, name, args = "", end) => {
    if (name !== wanted) return block;
    const command = ["run", "--silent", `bench:${name}`, ...args.split(" ").filter((arg) => arg !== "")];
    const { status, stdout } = spawnSync("npm", command, { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
    if (status !== 0) throw new Error(`npm ${command.join(" ")} ended with code ${status}`);
    output = `${stdout.trim()}\n`;
    return `${head}${output}${end}`;
  });
  writeFileSync(FILE, written);
  process.stderr.write(`bench:${wanted}\n${output}`);
}
