import { execFile } from "node:child_process";
import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** Packages of npm that contain whole pages: themes, and the demos of libraries that own a page. */
export const THEMES: Readonly<Record<string, string>> = {
  "startbootstrap-agency": "7.0.12",
  "startbootstrap-creative": "7.0.7",
  "startbootstrap-freelancer": "7.0.7",
  "startbootstrap-grayscale": "7.0.6",
  "startbootstrap-landing-page": "6.0.6",
  "startbootstrap-modern-business": "5.0.7",
  "startbootstrap-sb-admin-2": "4.1.4",
  "soft-ui-design-system": "1.0.4",
  "material-dashboard": "3.1.0",
  "material-kit": "2.0.4",
  "paper-kit-2": "2.1.0",
  "now-ui-kit": "1.3.0",
  "blk-design-system": "1.0.2",
  "black-dashboard": "1.0.0",
  "notus-js": "1.1.0",
  gentelella: "4.2.0",
  uikit: "3.25.29",
  "jquery-mobile": "1.4.1",
  "material-design-lite": "1.3.0",
  "reveal.js": "6.0.2",
  "impress.js": "1.1.0",
  skrollr: "0.6.26",
};

/** Outside of the checkout's own packages, of which npm would remove what no package asks for. */
const FOLDER = "node_modules/.cache/fairsplit-themes";
/** Shorter files are parts of pages, or empty. */
const MIN_BYTES = 3000;

/** Installs themes, without running scripts of theirs; resolves to the folder of their packages. */
export async function installThemes(names: readonly string[]): Promise<string> {
  await mkdir(FOLDER, { recursive: true });
  const packages = names.map((name) => `${name}@${THEMES[name]}`);
  const flags = ["--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund", "--no-package-lock"];
  await promisify(execFile)("npm", ["install", "--prefix", FOLDER, ...flags, ...packages]);
  return join(FOLDER, "node_modules");
}

/** Pages of a theme as paths below the folder, at most so many, spread over all. */
export async function pagesOf(folder: string, name: string, most: number): Promise<string[]> {
  const files = (await readdir(join(folder, name), { recursive: true }))
    .filter((file) => file.endsWith(".html") && !file.includes("node_modules"))
    .sort();
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, name, file))).size));
  const pages = files.filter((_, at) => (sizes[at] as number) >= MIN_BYTES);
  const step = Math.max(1, pages.length / most);
  return Array.from({ length: Math.min(most, pages.length) }, (_, at) => `${name}/${pages[Math.floor(at * step)]}`);
}
