/** Goes to another page of the same site, with the page's query. */
export function redirect(target: string): void {
  const url = new URL(target, location.href);
  url.search ||= location.search;
  if (url.origin === location.origin && url.pathname !== location.pathname) location.replace(url);
}
