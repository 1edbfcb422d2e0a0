import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { Unzip, UnzipInflate } from "fflate";
import { Decompress } from "fzstd";
import { BadConfig } from "../../../server/files/bad-config.ts";

/** First bytes of compressed formats, since names may not reveal them. */
const MAGIC = {
  gzip: [0x1f, 0x8b],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
  zip: [0x50, 0x4b, 0x03, 0x04],
  parquet: [0x50, 0x41, 0x52, 0x31],
  bzip2: [0x42, 0x5a, 0x68],
  xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a],
  "old Excel": [0xd0, 0xcf, 0x11, 0xe0],
  PDF: [0x25, 0x50, 0x44, 0x46],
  SQLite: [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65],
} as const;

type Kind = keyof typeof MAGIC;
const HEAD_BYTES = 512;
/** Maximum nesting of archives; deeper ones are a mistake or an attack. */
const MAX_LAYERS = 3;

/** Decompresses a file; returns the path of its content and the compressions found. */
export async function decompressed(
  path: string,
  named: string,
  target: (layer: number) => string,
): Promise<{ path: string; compression: readonly string[]; isParquet: boolean }> {
  const compression: string[] = [];
  let from = path;
  for (let layer = 0; ; layer += 1) {
    const kind = await kindOf(from);
    if (kind === null || kind === "parquet") return { path: from, compression, isParquet: kind === "parquet" };
    if (layer === MAX_LAYERS) throw new BadConfig(`${named} is compressed more than ${MAX_LAYERS} times`);
    const to = target(layer);
    try {
      if (kind === "gzip") await pipeline(createReadStream(from), createGunzip(), createWriteStream(to));
      else if (kind === "zstd") await pipeline(Readable.from(zstd(from)), createWriteStream(to));
      else if (kind === "zip") compression.push(...(await unzip(from, named, to)));
      else throw new BadConfig(`${named} is a ${kind} file: ${ALLOWED}`);
    } catch (error) {
      if (error instanceof BadConfig) throw error;
      throw new BadConfig(`${named} is damaged: its ${kind} data cannot be decompressed (${(error as Error).message})`);
    }
    if (kind !== "zip") compression.push(kind);
    from = to;
  }
}

const ALLOWED = "allowed are CSV, TSV, NDJSON, JSON and Parquet, also as .gz, .zst, or alone in a .zip";

async function kindOf(path: string): Promise<Kind | null> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    for (const [kind, bytes] of Object.entries(MAGIC)) {
      if (bytes.every((byte, place) => head[place] === byte)) return kind as Kind;
    }
    return null;
  } finally {
    await file.close();
  }
}

async function* zstd(path: string): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const stream = new Decompress((chunk) => chunks.push(chunk));
  for await (const chunk of createReadStream(path)) {
    stream.push(chunk as Uint8Array);
    yield* chunks.splice(0);
  }
  stream.push(new Uint8Array(0), true);
  yield* chunks.splice(0);
}

/** Whether the first file of an archive has the flag of encryption. */
async function isEncrypted(path: string): Promise<boolean> {
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0).finally(() => file.close());
  return (buffer.readUInt16LE(6) & 1) === 1;
}

/** Writes the one file of an archive. Throws BadConfig if it has none or several. */
async function unzip(path: string, named: string, to: string): Promise<string[]> {
  const out = createWriteStream(to);
  const names: string[] = [];
  if (await isEncrypted(path)) throw new BadConfig(`${named} is encrypted: save it without a password`);
  let failure: Error | null = null;
  const archive = new Unzip((file) => {
    const isHidden =
      file.name.endsWith("/") || file.name.startsWith("__MACOSX/") || basename(file.name).startsWith(".");
    if (isHidden) return;
    names.push(file.name);
    if (names.length > 1) return;
    file.ondata = (error, chunk) => {
      if (error) failure ??= error;
      else out.write(chunk);
    };
    file.start();
  });
  archive.register(UnzipInflate);
  for await (const chunk of createReadStream(path)) {
    archive.push(chunk as Uint8Array);
    if (out.writableNeedDrain) await once(out, "drain");
    if (failure) throw failure;
  }
  archive.push(new Uint8Array(0), true);
  await new Promise<void>((resolve, reject) => out.end((error?: Error | null) => (error ? reject(error) : resolve())));
  if (failure) throw failure;
  if (names.some((name) => /^(\[Content_Types\]\.xml|xl\/)/.test(name))) {
    throw new BadConfig(`${named} is an Excel workbook: save its sheet as CSV`);
  }
  if (names.length !== 1) {
    const what = names.length === 0 ? "no file" : `${names.length} files, ${names.slice(0, 3).join(", ")} …`;
    throw new BadConfig(`${named} has ${what}: allowed is an archive of one file`);
  }
  return [`zip (${names[0]})`];
}
