import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const PACKAGE = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//;
const LICENSE = /^(licen[sc]e|copying|notice)/i;

/**
 * The notices of the packages whose code is in bundles, as one text.
 *
 * @param metafiles esbuild's metafile of each build
 * @throws Error naming a package that has no licence
 */
export function thirdPartyNotices(metafiles) {
  const folders = new Map();
  for (const { outputs } of metafiles) {
    for (const { inputs } of Object.values(outputs)) {
      for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
        const [match, name] = PACKAGE.exec(path) ?? [];
        if (name && bytesInOutput > 0) folders.set(name, match);
      }
    }
  }
  const notices = [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, folder]) => notice(name, folder));
  return ["Code of these packages is part of the files beside this one.", ...notices].join(`\n\n${"-".repeat(80)}\n\n`);
}

function notice(name, folder) {
  const { version, license, repository } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (!license) throw new Error(`${name} is bundled, but its package.json names no license`);
  const texts = readdirSync(folder).filter((file) => LICENSE.test(file) && existsSync(join(folder, file)));
  const url = typeof repository === "string" ? repository : (repository?.url ?? "");
  return [`${name} ${version} (${license}) ${url}`, ...texts.map((file) => readFileSync(join(folder, file), "utf8"))]
    .map((text) => text.trim())
    .join("\n\n");
}
