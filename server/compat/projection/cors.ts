import { PUBLIC_HEADERS } from "../../http/http.ts";

/** Answer to a preflight: any site may send these headers. */
export function preflightFor(headers: string, exposed?: string) {
  return (): Response =>
    new Response(null, {
      status: 204,
      headers: {
        ...PUBLIC_HEADERS,
        "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
        "access-control-allow-headers": headers,
        ...(exposed === undefined ? {} : { "access-control-expose-headers": exposed }),
        "access-control-max-age": "86400",
      },
    });
}
