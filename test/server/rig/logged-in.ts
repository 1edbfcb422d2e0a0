import type { Sessions } from "../../../server/auth/sessions.ts";

export const TOKEN = "a-token-of-the-tests-0123456789";
export const authorized = { authorization: `Bearer ${TOKEN}` } as const;

/** Headers of a browser that has just logged in, with the CSRF token of its session. */
export function logIn(sessions: Sessions) {
  const id = sessions.open();
  return { id, csrf: sessions.csrf(id), cookie: { cookie: `fairsplit=${id}` } };
}
