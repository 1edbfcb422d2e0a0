import { randomHex } from "./random.ts";

const YEAR_S = 31_536_000;

/** The device id of the first-party cookie, made when there is none; every visit lets it live for another 365 days. */
export function deviceId(cookieDomain: string | undefined): string {
  let id = randomHex(16);
  try {
    id = /(?:^|; )device_id=([^;]+)/.exec(document.cookie)?.[1] ?? id;
    const secure = location.protocol === "https:" ? ";secure" : "";
    const domain = cookieDomain ? `;domain=${cookieDomain}` : "";
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is absent on plain http
    document.cookie = `device_id=${id};path=/;max-age=${YEAR_S};samesite=lax${secure}${domain}`;
  } catch {
    // A sandboxed frame throws on cookies: the id then lives as long as the page.
  }
  return id;
}
