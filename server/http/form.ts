import type { Context } from "hono";
import { readBody } from "./body.ts";
import type { Env } from "./http.ts";

/** The fields of a form of at most `mostBytes`. Throws BodyRejected. */
export async function readForm(c: Context<Env>, mostBytes: number): Promise<URLSearchParams> {
  return new URLSearchParams(await readBody(c, mostBytes));
}

/** The version that a form was made for; null when it says none, NaN for what never was one. */
export function readVersion(form: URLSearchParams): number | null {
  const version = form.get("version");
  if (version === null) return null;
  return /^\d{1,15}$/.test(version) ? Number(version) : Number.NaN;
}
