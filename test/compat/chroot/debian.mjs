import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fail, run, say } from "../../../setup/say.mjs";

const RELEASE = "bookworm";
const MIRROR = process.env.DEBIAN_MIRROR ?? "http://deb.debian.org/debian";
/** Kept between runs, because Debian's packages take minutes. */
export const CACHE = "/var/cache/fairsplit-compat";
const BARE = join(CACHE, "bare");
const WITH_LIBRARIES = join(CACHE, "with-libraries");
/** Folder of a headless shell, from Debian's package, whose libraries `withLibraries` has. */
export const SHELL = join(CACHE, "shell");
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/**
 * Debian's smallest system with the libraries of newer Nodes, and one that also has those of a
 * headless shell, without a browser.
 */
export async function provideSystems() {
  if (process.getuid?.() !== 0) fail("--chroot needs root: it makes Debian systems and goes into them", 3);
  if (spawnSync("debootstrap", ["--version"]).status !== 0) fail("--chroot needs Debian's package debootstrap", 3);
  mkdirSync(CACHE, { recursive: true });
  if (!existsSync(BARE)) {
    await make(BARE, (folder) =>
      must(["debootstrap", "--variant=minbase", "--include=ca-certificates,libatomic1", RELEASE, folder, MIRROR]),
    );
  }
  if (!existsSync(WITH_LIBRARIES)) {
    await make(WITH_LIBRARIES, async (folder) => {
      // Node's own copy stops at device files.
      await must(["cp", "--archive", BARE, folder]);
      await must(["chroot", folder, "apt-get", "update", "-qq"]);
      const install = ["install", "-y", "-qq", "--no-install-recommends", "chromium-headless-shell"];
      await must(["chroot", folder, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...install]);
      rmSync(SHELL, { recursive: true, force: true });
      cpSync(join(folder, "usr/lib/chromium"), SHELL, { recursive: true });
      await must(["chroot", folder, "dpkg", "--purge", "chromium-headless-shell", "chromium-common"]);
    });
  }
  return { bare: BARE, withLibraries: WITH_LIBRARIES };
}

/** A folder that is there when it is whole. */
async function make(folder, work) {
  say(`making the Debian system ${folder} …`);
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  await work(unfinished);
  copyFileSync("/etc/resolv.conf", join(unfinished, "etc/resolv.conf"));
  renameSync(unfinished, folder);
}

/** A separate system for one test, with a user `dev`; its changes to `base` are below `folder`. */
export async function newSystem(base, folder) {
  const system = { base, ...Object.fromEntries(["upper", "work", "root"].map((name) => [name, join(folder, name)])) };
  for (const path of [system.upper, system.work, system.root]) mkdirSync(path, { recursive: true });
  mkdirSync(join(system.upper, "etc"));
  copyFileSync("/etc/resolv.conf", join(system.upper, "etc/resolv.conf"));
  // A registry behind a proxy of this network may have a certificate of its own.
  mkdirSync(join(system.upper, dirname(CERTIFICATES)), { recursive: true });
  copyFileSync(CERTIFICATES, join(system.upper, CERTIFICATES));
  const { code, text } = await runIn(system, "useradd --create-home --shell /bin/sh dev", { isRoot: true });
  if (code !== 0) fail(`no user can be made in ${base}: ${text}`, 3);
  return system;
}

/**
 * Runs a shell's text in a system, as one of its users and with processes, mounts and shared memory
 * of its own.
 *
 * @param how `isRoot`, `isOffline` for no network, `cwd`, `env` for variables (null for one that is
 * not to be there), and `binds` for folders of ours, by their paths in the system
 * @returns promise of the exit code and of all that it wrote
 */
export function runIn(
  { base, upper, work, root },
  text,
  { isRoot, isOffline = false, cwd = "/", env = {}, binds = {} },
) {
  const mounts = [
    `mount -t overlay overlay -o "lowerdir=${base},upperdir=${upper},workdir=${work}" "${root}"`,
    `mount -t proc proc "${root}/proc"`,
    `mount --rbind /dev "${root}/dev"`,
    `mount -t tmpfs -o mode=1777 tmpfs "${root}/dev/shm"`,
    ...Object.entries(binds).flatMap(([inside, outside]) => [
      `mkdir -p "${root}${inside}"`,
      `mount --bind "${outside}" "${root}${inside}"`,
    ]),
  ];
  const user = isRoot ? "root" : "dev";
  const all = { HOME: isRoot ? "/root" : "/home/dev", PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...env };
  const variables = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : `${name}=${value}`));
  const chroot = ["chroot", ...(isRoot ? [] : [`--userspec=${user}:${user}`]), root];
  const enter = [...chroot, "env", "-i", ...variables, "sh", "-c", `cd "${cwd}" && ${text}`];
  const namespaces = ["--mount", "--pid", "--fork", "--kill-child", ...(isOffline ? ["--net"] : [])];
  const args = [...namespaces, "sh", "-c", `${mounts.join(" && ")} && exec "$@"`, "sh", ...enter];
  return new Promise((resolve) => {
    const child = spawn("unshare", args, { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const output of [child.stdout, child.stderr]) output.on("data", (chunk) => (text += chunk));
    child.once("close", (code) => resolve({ code: code ?? 1, text }));
  });
}

async function must(line) {
  const code = await run(line, `still at ${line.slice(0, 2).join(" ")}`);
  if (code !== 0) fail(`${line.join(" ")} ended with ${code}`, 3);
}
