/** Where a login may lead: the admin's own pages. */
const ADMIN_PAGE = /^\/(experiments|events|metrics|docs)(\/|$)/;

export const FIRST_PAGE = "/experiments";

/**
 * The page to go to after a login. Anything that is no page of the admin becomes the first one,
 * without an error: a link that somebody else wrote must neither lead away nor keep the admin out.
 * Read as browsers do (`/\evil.example` and `/.//evil.example` are other hosts to them), and then
 * told by its beginning.
 */
export function nextPath(wanted: string | null | undefined): string {
  const here = "http://here.invalid";
  if (!wanted?.startsWith("/") || !URL.canParse(wanted, here)) return FIRST_PAGE;
  const { origin, pathname, search } = new URL(wanted, here);
  return origin === here && ADMIN_PAGE.test(pathname) ? pathname + search : FIRST_PAGE;
}
