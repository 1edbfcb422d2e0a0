import { isPlainText } from "./event-text.ts";

/** One event of a request's body, not yet checked, and its own text where it is known. */
export interface ReceivedEvent {
  readonly input: unknown;
  /** As `parseEventText` takes it. */
  readonly text: string | null;
}

/** What separates two events in an array as JSON.stringify writes it, when each begins with its id. */
const SEPARATOR = ',{"id":"';

/**
 * The events of a body: one, or those of an array. An array is cut before each `{"id":"` and its pieces are parsed one by
 * one: when every piece is JSON, they are the events, because putting them together gives the body. When one is not, as
 * with an object inside an event that begins in the same way, the body is parsed as a whole.
 *
 * @throws SyntaxError when the body is not JSON
 */
export function parseEventTexts(body: string): ReceivedEvent[] {
  if (isPlainText(body)) {
    if (body.startsWith('{"id":"')) return [{ input: JSON.parse(body), text: body.endsWith("}") ? body : null }];
    if (body.startsWith('[{"id":"') && body.endsWith("}]")) {
      const pieces = cut(body);
      if (pieces) return pieces;
    }
  }
  const input: unknown = JSON.parse(body);
  return (Array.isArray(input) ? input : [input]).map((input) => ({ input, text: null }));
}

function cut(body: string): ReceivedEvent[] | null {
  const pieces: ReceivedEvent[] = [];
  try {
    for (let start = 1; start < body.length; ) {
      const next = body.indexOf(SEPARATOR, start);
      const end = next === -1 ? body.length - 1 : next;
      const text = body.slice(start, end);
      pieces.push({ input: JSON.parse(text), text });
      start = end + 1;
    }
    return pieces;
  } catch {
    return null;
  }
}
