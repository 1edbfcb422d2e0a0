import { MAX_TEXT_LENGTH } from "../core/event-limits.ts";
import { safely } from "./safely.ts";

/**
 * An event as JSON. Long texts are cut one character above the server's limit, so that the server
 * records the cut. Params without JSON, such as those that hold themselves, are left out one by
 * one, and a value without JSON.
 */
export const eventText = (event: { readonly params?: unknown }) => safely(() => json(event)) || withoutBad(event);

function withoutBad(event: { readonly params?: unknown; readonly value?: unknown }): string {
  const dropped: string[] = [];
  const params: Record<string, unknown> = {};
  const given = event.params as Record<string, unknown>;
  // A revoked proxy, such as a draft of Immer's, cannot even be listed.
  safely(() => {
    for (const name in given)
      if (safely(() => json(given[name]))) params[name] = given[name];
      else dropped.push(`params.${name}`);
  });
  const value = safely(() => json(event.value)) && event.value;
  return json({ ...event, params, value, dropped });
}

const json = (value: unknown) => JSON.stringify(value, plain);

/**
 * JSON replacer that ignores a page's `toJSON`, which some libraries patch, and makes texts of
 * dates and large integers.
 */
function plain(this: Record<string, unknown>, name: string): unknown {
  const own = this[name];
  // The types that have a g in their name.
  return /g/.test(typeof own)
    ? `${own}`.slice(0, MAX_TEXT_LENGTH + 1)
    : ((own as Partial<Date> | null)?.toISOString?.() ?? own);
}
