/** Allowed targets of a login: the admin's own pages. */
const ADMIN_PAGE = /^\/(experiments|events|metrics|docs)(\/|$)/;

export const FIRST_PAGE = "/experiments";

/**
 * The page to go to after a login. Anything but an admin page becomes the first one, without an
 * error: a foreign link must neither lead away nor keep the admin out. Parsed like browsers do
 * (`/\evil.example` and `/.//evil.example` are other hosts to them), and then checked by its
 * beginning.
 */
export function nextPath(wanted: string | null | undefined): string {
  const here = "http://here.invalid";
  if (!wanted?.startsWith("/") || !URL.canParse(wanted, here)) return FIRST_PAGE;
  const { origin, pathname, search } = new URL(wanted, here);
  return origin === here && ADMIN_PAGE.test(pathname) ? pathname + search : FIRST_PAGE;
}
