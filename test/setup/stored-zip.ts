import { crc32 } from "node:zlib";

/**
 * A zip archive of one file without compression
 * (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
 */
export function storedZip(name: string, content: Buffer): Buffer {
  const path = Buffer.from(name);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(content.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(path.length, 22);
  const local = Buffer.concat([signature("PK\x03\x04"), common, path, content]);

  const attributes = Buffer.alloc(14);
  // Made on Unix, by which the mode below is read: a regular file, rwxr-xr-x.
  attributes.writeUInt32LE(0o100755 * 0x10000, 6);
  const madeBy = Buffer.from([20, 3]);
  const entry = Buffer.concat([signature("PK\x01\x02"), madeBy, common, attributes, path]);

  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(entry.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, entry, signature("PK\x05\x06"), end]);
}

function signature(text: string): Buffer {
  return Buffer.from(text, "latin1");
}
