import type { Client } from "../client.ts";
import type { Groups } from "../groups.ts";
import { identify, type MiddlewareOptions } from "./visitor-of.ts";

/** The result of `headers()` of `next/headers`. */
interface ReadableHeaders {
  get(name: string): string | null;
}

/** Request header by which Next's `middleware.ts` hands a new device and the path to the page. */
const DEVICE_HEADER = "x-fairsplit-device";
const PATH_HEADER = "x-fairsplit-path";

/**
 * For `middleware.ts` of Next: the headers to hand on, and the cookie to set.
 *
 * @example
 * export function middleware(request) {
 *   const { headers, setCookie } = nextVisitor(request);
 *   const response = NextResponse.next({ request: { headers } });
 *   if (setCookie) response.headers.append("set-cookie", setCookie);
 *   return response;
 * }
 */
export function nextVisitor(request: Request, options?: MiddlewareOptions) {
  const { visitor, setCookie } = identify(
    { url: new URL(request.url), header: (name) => request.headers.get(name) ?? undefined },
    options,
  );
  const headers = new Headers(request.headers);
  headers.set(DEVICE_HEADER, visitor.deviceId ?? "");
  headers.set(PATH_HEADER, `${visitor.path}${visitor.force ? `?fairsplit_force=${visitor.force}` : ""}`);
  return { headers, setCookie };
}

/**
 * The groups in a server component of Next's app router, behind `nextVisitor`.
 *
 * @example const groups = await nextGroups(client, await headers());
 */
export async function nextGroups(
  client: Client,
  headers: ReadableHeaders,
  options?: MiddlewareOptions,
): Promise<Groups> {
  const deviceId = headers.get(DEVICE_HEADER);
  const url = new URL(headers.get(PATH_HEADER) ?? "/", "http://localhost");
  const request = { url, header: (name: string) => headers.get(name) ?? undefined };
  const { visitor } = identify(request, options);
  // Without the middleware the cookie alone says who it is.
  return client.groups(deviceId === null ? visitor : { ...visitor, deviceId: deviceId || null });
}
