import { randomInt } from "node:crypto";
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { assign, cumulate, digest, pick, remainder } from "../../core/assign.ts";
import type { Env } from "../http/http.ts";
import {
  deviceId,
  HASHED_GROUP_COOKIE,
  HASHED_GROUP_OPTIONS,
  RANDOM_GROUP_COOKIE,
  RANDOM_GROUP_OPTIONS,
} from "./cookies.ts";
import type { Marks } from "./fill.ts";

/** The split of stages 1 to 4, written in the code as it was before there were experiments. */
const KEY = "homepage_button_test";
const GROUPS = [
  ["A", 50],
  ["B", 50],
] as const;

/**
 * Prepares the answer of a stage's page: reads and sets cookies, and returns the values of the
 * page's marks.
 */
export type Stage = (c: Context<Env>) => Marks;

/** The stages with server code, by their page's name; the other pages are plain files. */
export const STAGES: ReadonlyMap<string, Stage> = new Map([
  ["1-random-choice", randomChoice],
  ["2-hashing", hashing],
  ["3-browser-rendering", groupCookie],
  ["4-events", groupCookie],
]);

function randomChoice(c: Context<Env>): Marks {
  const given = getCookie(c, RANDOM_GROUP_COOKIE);
  const kept = GROUPS.find(([name]) => name === given)?.[0];
  const group = kept ?? GROUPS[randomInt(GROUPS.length)]?.[0] ?? "";
  if (kept === undefined) setCookie(c, RANDOM_GROUP_COOKIE, group, RANDOM_GROUP_OPTIONS);
  return new Map([
    ["group", group],
    ["cookie", `${RANDOM_GROUP_COOKIE}=${group}`],
    ["origin", kept === undefined ? "chosen at random just now" : "found in this browser’s cookie"],
  ]);
}

function hashing(c: Context<Env>): Marks {
  const { id, isNew } = deviceId(c);
  const hash = digest(id, KEY);
  const table = cumulate(GROUPS);
  const rest = remainder(hash, table.total);
  const group = pick(table, rest);
  const rows = table.steps.flatMap(([name, upTo], index): [string, string][] => [
    [`range${name}`, `${table.steps[index - 1]?.[1] ?? 0} to ${upTo - 1}`],
    [`row${name}`, name === group ? "here" : ""],
    [`here${name}`, name === group ? "this device" : ""],
  ]);
  return new Map([
    ["deviceId", id],
    ["origin", isNew ? "made just now" : "found in this browser’s cookie"],
    ["hashed", `${id}:${KEY}`],
    ["hashStart", hash.slice(0, 16)],
    ["remainder", String(rest)],
    ["total", String(table.total)],
    ["group", group],
    ...rows,
  ]);
}

function groupCookie(c: Context<Env>): Marks {
  setCookie(c, HASHED_GROUP_COOKIE, assign(deviceId(c).id, KEY, GROUPS), HASHED_GROUP_OPTIONS);
  return new Map();
}
