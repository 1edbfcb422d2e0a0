import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BadConfig } from "../../../server/files/bad-config.ts";
import { readOrCreateSecret } from "../../../server/files/secrets.ts";
import { temporaryFolder } from "../rig/open-app.ts";

test("makes a secret of 256 bits that only its owner can read", async () => {
  const path = join(await temporaryFolder(), "secret");
  const { secret, created } = await readOrCreateSecret(path);
  expect(created).toBe(true);
  expect(Buffer.from(secret, "base64url")).toHaveLength(32);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path, "utf8")).toBe(`${secret}\n`);
  expect(await readdir(join(path, ".."))).toEqual(["secret"]);
});

test("reads it again, and makes another one in another folder", async () => {
  const path = join(await temporaryFolder(), "secret");
  const { secret } = await readOrCreateSecret(path);
  expect(await readOrCreateSecret(path)).toEqual({ secret, created: false });
  expect((await readOrCreateSecret(join(await temporaryFolder(), "secret"))).secret).not.toBe(secret);
});

test.each(["", "\n", "short"])("refuses a file that holds %j, instead of letting everybody in", async (content) => {
  const path = join(await temporaryFolder(), "secret");
  await writeFile(path, content);
  await expect(readOrCreateSecret(path)).rejects.toThrow(BadConfig);
  await expect(readOrCreateSecret(path)).rejects.toThrow(`${path} holds ${content.trim().length} characters`);
  expect(await readFile(path, "utf8")).toBe(content);
});

test("does not take a secret that it cannot read for a missing one", async () => {
  await expect(readOrCreateSecret(await temporaryFolder())).rejects.toThrow("EISDIR");
});
