import { expect, test } from "vitest";
import { ID_FORMAT } from "../../../core/event-fields.ts";
import { ownIds } from "../../../server/tokens/own-ids.ts";
import { sha256 } from "../../../server/tokens/sha256.ts";

const PARTS = ["exposure", "unleash", "headline", 1, "A", "u1"] as const;

test("an ID is the same for the same parts, and nobody else can make it", () => {
  const ownId = ownIds(Buffer.from("a secret"));
  const id = ownId(...PARTS);
  expect(id).toMatch(new RegExp(`^${ID_FORMAT}$`));
  expect(ownId(...PARTS)).toBe(id);
  const others = [
    ownId(...PARTS.slice(0, -1), "u2"),
    ownId(PARTS.join(",")),
    ownIds(Buffer.from("another secret"))(...PARTS),
    sha256(JSON.stringify(PARTS)).slice(0, id.length),
  ];
  expect(others).not.toContain(id);
});
