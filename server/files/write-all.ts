import type { FileHandle } from "node:fs/promises";

/** Writes all bytes at an offset of a file. On a nearly full disk one write may be partial. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new Error("the disk took nothing");
    done += bytesWritten;
  }
}

/** Writes all bytes, and resolves when they are durable. */
export async function writeDurably(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  await writeAll(file, bytes, position);
  await file.datasync();
}
