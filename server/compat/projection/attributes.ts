import type { Context } from "hono";
import { MAX_UNIT_ID_LENGTH } from "../../../core/assign.ts";
import { storableText } from "../../../core/cut.ts";
import { type Env, headersOf } from "../../http/http.ts";
import { readBrowser } from "../../http/visitor.ts";
import type { Asked } from "./evaluated.ts";

/** An id that cannot be hashed; the message names it. */
export class BadId extends Error {}

/** Attributes that name a unit, each with the spellings that clients use. */
const UNIT_NAMES = {
  device: ["deviceId", "device_id"],
  account: ["accountId", "account_id"],
  session: ["sessionId", "session_id"],
} as const;

/** Attributes that are part of a rule's context themselves. */
const BROWSER = ["path", "language", "userAgent"] as const;

/**
 * Converts a client's attributes for rules: texts, numbers and booleans become texts of `ctx`;
 * lists, objects and null have no meaning in a rule. `path`, `language` and `userAgent` are those
 * of the visitor, before the request's own headers.
 *
 * @param key ID of the device unless an attribute names one
 * @throws BadId
 */
export function askedBy(c: Context<Env>, attributes: Readonly<Record<string, unknown>>, key: string | null): Asked {
  const ctx = new Map<string, string>();
  for (const [name, value] of Object.entries(attributes)) {
    const text = textOf(value);
    if (text !== null) ctx.set(name, text);
  }
  const idOf = (unit: keyof typeof UNIT_NAMES) => {
    const name = UNIT_NAMES[unit].find((one) => (ctx.get(one) ?? "") !== "");
    return name === undefined ? null : hashable(ctx.get(name) ?? "", name);
  };
  const browser = Object.fromEntries(
    BROWSER.flatMap((name) => (ctx.has(name) ? [[name, ctx.get(name) ?? ""] as const] : [])),
  );
  return {
    ids: { device: idOf("device") ?? key, account: idOf("account"), session: idOf("session") },
    ctx,
    ...readBrowser(headersOf(c)),
    ...browser,
  };
}

/** Throws BadId on an id that `assign` rejects. */
export function hashable(id: string, name: string): string {
  if (id.length <= MAX_UNIT_ID_LENGTH && storableText(id) === null) return id;
  throw new BadId(`${name}: allowed are 1 to ${MAX_UNIT_ID_LENGTH} well-formed characters other than NUL`);
}

function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  return typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value)) ? String(value) : null;
}
