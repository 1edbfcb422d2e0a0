import type { Groups } from "../groups.ts";
import { isShared, ownCaching } from "./caching.ts";
import type { TagElement } from "./inline-tag.ts";

/** The head of a page stands in its first part. */
const MAX_SEARCHED = 64 * 1024;
/** Header whose nonce an inline script needs. */
export const POLICY = "content-security-policy";
const HEAD = /<head(?:\s[^>]*)?>/i;

/**
 * The element by which the tag renders without a request. It is data, so no Content Security Policy
 * forbids it. Empty for a visitor without a device.
 */
export function inlineElement(groups: Groups): string {
  if (!groups.visitor.deviceId || groups.state === "none") return "";
  return `<script type="application/json" id="fairsplit">${groups.toInlineJson()}</script>`;
}

/**
 * The page with the groups, and after them the tag if it is given, at the start of its head;
 * unchanged when it has none.
 */
export function inlineInto(page: string, groups: Groups, tag = ""): string {
  const head = HEAD.exec(page);
  if (!head) return page;
  const at = head.index + head[0].length;
  return page.slice(0, at) + inlineElement(groups) + tag + page.slice(at);
}

/** The same for a page in parts: only the part up to its head waits. */
function inlineStream(groups: Groups, tag: string): TransformStream<string, string> {
  let before: string | null = "";
  return new TransformStream({
    transform(part, controller) {
      if (before === null) return controller.enqueue(part);
      before += part;
      if (!HEAD.test(before) && before.length < MAX_SEARCHED) return;
      controller.enqueue(inlineInto(before, groups, tag));
      before = null;
    },
    flush(controller) {
      if (before) controller.enqueue(before);
    },
  });
}

/** Whether a body is HTML in UTF-8, not compressed: other bodies stay as they are. */
export function isPage(contentType: string | null | undefined, encoding: string | null | undefined): boolean {
  const [, charset = "utf-8"] = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? "") ?? [];
  return (
    /^text\/html\b/i.test(contentType ?? "") &&
    /^(?:utf-?8|us-ascii)$/i.test(charset) &&
    /^(?:identity)?$/i.test(encoding ?? "")
  );
}

/**
 * A response with the groups in its page, and the cookie, except where visitors may share it: each
 * would become the same device.
 */
export function personalised(
  response: Response,
  groups: Groups,
  setCookie: string | null,
  tag: TagElement = () => "",
): Response {
  const { headers: given } = response;
  const isInlined = isPage(given.get("content-type"), given.get("content-encoding")) && response.body !== null;
  if (!isInlined && (setCookie === null || isShared(given.get("cache-control")))) return response;
  const headers = new Headers(given);
  if (setCookie !== null) headers.append("set-cookie", setCookie);
  if (isInlined) {
    headers.delete("content-length");
    headers.delete("etag");
    headers.set("cache-control", ownCaching(headers.get("cache-control")));
  }
  const body = isInlined
    ? (response.body as ReadableStream<Uint8Array>)
        .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
        .pipeThrough(inlineStream(groups, tag(given.get(POLICY))))
        .pipeThrough(new TextEncoderStream())
    : response.body;
  return new Response(body, { status: response.status, statusText: response.statusText, headers });
}
