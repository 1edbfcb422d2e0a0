import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program } from "../program.mjs";
import { CACHE, newSystem, provideSystems, runIn, SHELL } from "./debian.mjs";
import { openDownloadHost } from "./download-host.mjs";

/** Nodes with the npm that each came with; the oldest is the oldest that is supported. */
export const NODES = { "20.19.0": "10.8.3", "22.23.3": "10.9.9", "24.21.0": "11.6.4", "26.10.0": "11.19.1" };
export const USERS = ["root", "user"];
/** Tests that `npm test` runs here: all would take 20 minutes in each of the eight systems. */
const QUICK_TESTS = [
  "test/core/assign",
  "test/setup/dependencies",
  "test/simulate/cli.browser",
  "test/tag/outbox",
  "test/tag/start",
  "test/tag/storage",
  "test/tag/tag.browser",
];
/** Where an ordinary user has the checkout. */
const AWKWARD = "/home/dev/Größe & Maß/fairsplit";
const QUIET = ["--no-audit", "--no-fund", "--loglevel=error"];

/**
 * Runs both README commands in fresh Debian systems, for each Node as root and as an ordinary user:
 * from a tarball without git, after a first run without network. Root's system has nothing at all;
 * the user's has the libraries of a browser.
 *
 * @param asked versions of Node and users; none means all
 * @param report called with the name of a test and its work, which throws when it fails
 */
export async function runInChroots(root, asked, report) {
  const wanted = (names) =>
    names.some((name) => asked.includes(name)) ? names.filter((name) => asked.includes(name)) : names;
  const systems = await provideSystems();
  const tarball = "fairsplit.tar.gz";
  await program(root, [
    "sh",
    "-c",
    `git ls-files -z --cached --others --exclude-standard | tar --null -T - -czf "${join(CACHE, tarball)}"`,
  ]);
  const host = await openDownloadHost(SHELL);
  try {
    for (const version of wanted(Object.keys(NODES))) {
      const node = await provideNode(version);
      for (const user of wanted(USERS)) {
        await report(`Debian 12, Node ${version}, ${user}`, () =>
          tryCheckout({ systems, tarball, node, isRoot: user === "root", downloads: host.url }),
        );
      }
    }
  } finally {
    host.close();
  }
}

async function provideNode(version) {
  const folder = join(CACHE, `node-${version}`);
  await mkdir(folder, { recursive: true });
  await program(folder, ["npm", "install", "--prefix", folder, ...QUIET, `node@${version}`, `npm@${NODES[version]}`]);
  return folder;
}

async function tryCheckout({ systems, tarball, node, isRoot, downloads }) {
  const folder = await mkdtemp(join(tmpdir(), "fairsplit-chroot-"));
  try {
    const system = await newSystem(isRoot ? systems.bare : systems.withLibraries, folder);
    const cwd = isRoot ? "/root/fairsplit" : AWKWARD;
    const cache = join(CACHE, `npm-of-${isRoot ? "root" : "user"}`);
    await mkdir(cache, { recursive: true });
    const own = isRoot ? "" : `&& chown -R dev:dev "${cwd}" /npm`;
    const unpack = `mkdir -p "${cwd}" && tar -xzf /tarball/${tarball} -C "${cwd}" ${own}`;
    expect(await runIn(system, unpack, { isRoot: true, binds: { "/tarball": CACHE, "/npm": cache } }), 0, /^$/);
    const env = {
      PATH: "/opt/node/node_modules/.bin:/usr/sbin:/usr/bin:/sbin:/bin",
      TERM: "dumb",
      PLAYWRIGHT_DOWNLOAD_HOST: downloads,
      NODE_EXTRA_CA_CERTS: "/etc/ssl/certs/ca-certificates.crt",
    };
    const binds = { "/opt/node": node };
    const enter = (text, more = {}) => runIn(system, text, { isRoot, cwd, env, binds, ...more });

    // Otherwise npm itself tries again for minutes.
    const noRetries = { env: { ...env, npm_config_fetch_retries: "0" }, isOffline: true };
    const offline = await enter("npm run simulate -- -n 10", noRetries);
    expect(offline, 3, /fairsplit: npm ci (failed|left out)/);
    // Packages that an earlier system got are the same ones; that first run had no cache.
    const online = { env: { ...env, npm_config_cache: "/npm" }, binds: { ...binds, "/npm": cache } };
    expect(await enter("npm run simulate -- -n 1000 --seed 1", online), 0, /All checks passed/);
    expect(await enter(`CI=true npm test -- ${QUICK_TESTS.join(" ")}`, online), 0, /Tests .*passed/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Throws with a part of a command's output unless it ended with the code and a text, without a
 * stack.
 */
function expect({ code, text }, wantedCode, says) {
  const lines = text.trim().split("\n");
  const stack = lines.findIndex((line) => /^\s+at .*(\bsetup\/|node:internal)/.test(line));
  if (code === wantedCode && says.test(text) && stack === -1) return;
  const why = stack === -1 ? `exit code ${code} instead of ${wantedCode}, or not ${says}` : "it shows a stack";
  const part = stack === -1 ? lines.slice(-30) : lines.slice(Math.max(0, stack - 20), stack + 5);
  throw new Error([`${why}:`, ...part].join("\n"));
}
