import { MAX_PAYLOAD_DEPTH } from "../../../core/payload.ts";

/** Arbitrary: longer JSON is easier to read on several lines. */
const MAX_ON_A_LINE = 60;
/** Text that was probably meant as JSON: taken as text, a forgotten bracket would go unnoticed. */
const MEANT_AS_JSON = /^(?:[{["]|[-+.\d]|(?:NaN|[+-]?Infinity|undefined|None|True|False)$)/;

/**
 * Parses a payload as a person types it: JSON, or plain text without quotes. Throws SyntaxError for
 * text that was probably meant as JSON.
 */
export function readPayload(typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch (error) {
    const text = typed.trim();
    if (MEANT_AS_JSON.test(text)) throw error;
    return text;
  }
}

/** Formats a payload for the form so that `readPayload` returns it unchanged. */
export function payloadText(payload: unknown): string {
  if (typeof payload === "string" && isPlain(payload)) return payload;
  const json = JSON.stringify(payload);
  return json.length <= MAX_ON_A_LINE ? json : JSON.stringify(payload, null, 2);
}

function isPlain(text: string): boolean {
  if (text === "" || text !== text.trim() || /[\n\r]/.test(text) || MEANT_AS_JSON.test(text)) return false;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
}

/** Accepted input of the payload field, for its error message. */
export const PAYLOAD_ALLOWED = `text, or JSON such as 12, true or {"price": 9.9}, at most ${MAX_PAYLOAD_DEPTH} levels deep`;
