import type { Event } from "./event.ts";

/** Session of an event, by rule 13 of `tally`; empty for none. */
export function sessionOf({ session_id: session, sessionId }: Partial<Event>): string {
  if (typeof session === "string" && session !== "") return session;
  return typeof sessionId === "string" ? sessionId : "";
}
