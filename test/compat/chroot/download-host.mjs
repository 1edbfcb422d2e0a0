import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { zipSync } from "fflate";

const PROGRAM = "chromium-headless-shell";
const FOLDER = "chrome-headless-shell-linux64";

/**
 * A download host as Playwright's installer asks one: Debian's headless shell, repacked as the
 * archive that it expects, and something that does nothing for its ffmpeg. Listens on loopback;
 * `close` ends it.
 */
export async function openDownloadHost(shell) {
  const archives = { shell: zipOf(shell), ffmpeg: zip({ "ffmpeg-linux": [Buffer.from("#!/bin/sh\n"), 0o755] }) };
  const server = createServer(({ url = "", method }, response) => {
    const archive = url.includes("ffmpeg") ? archives.ffmpeg : archives.shell;
    response.setHeader("content-length", archive.length);
    response.end(method === "HEAD" ? undefined : archive);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

function zipOf(shell) {
  // Full Chromium and its own parts are beside it.
  const names = readdirSync(shell).filter((name) => name !== "chromium" && !/\.TOC$/.test(name));
  const files = names.flatMap((name) => {
    const path = join(shell, name);
    const { mode } = statSync(path);
    return statSync(path).isFile()
      ? [[`${FOLDER}/${name === PROGRAM ? "chrome-headless-shell" : name}`, [readFileSync(path), mode & 0o777]]]
      : [];
  });
  return zip(Object.fromEntries(files));
}

/** Not compressed: it is read once, on this machine. Its modes are those of Unix (3). */
function zip(files) {
  const entries = Object.entries(files).map(([name, [content, mode]]) => [
    name,
    [content, { level: 0, os: 3, attrs: (0o100000 | mode) * 0x10000 }],
  ]);
  return Buffer.from(zipSync(Object.fromEntries(entries)));
}
