import { expect, test } from "vitest";
import { ByteSearch } from "../../../server/files/byte-search.ts";

const TEXT = '{"id":"1"}\n{"id":"2","accountId":"a"}\n';

async function* pieces(text: string, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += length) yield Buffer.from(text.slice(at, at + length));
}

test("finds bytes wherever the chunks of a stream are cut, and passes everything on", async () => {
  for (let length = 1; length <= TEXT.length; length += 1) {
    for (const [wanted, isThere] of [
      ['"accountId":', true],
      ['"accountId" ', false],
    ] as const) {
      const search = new ByteSearch(Buffer.from(wanted));
      const passed: Buffer[] = [];
      for await (const chunk of search.through(pieces(TEXT, length))) passed.push(chunk);
      expect([length, search.isFound]).toEqual([length, isThere]);
      expect(Buffer.concat(passed).toString()).toBe(TEXT);
    }
  }
});
