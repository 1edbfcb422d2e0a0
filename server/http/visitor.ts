import { randomUUID } from "node:crypto";
import { getQueryParam, getQueryParams } from "hono/utils/url";
import { MAX_UNIT_ID_LENGTH } from "../../core/assign.ts";
import { browserContext } from "../../core/browser-context.ts";
import { storableText } from "../../core/cut.ts";
import type { RuleContext } from "../../core/rule.ts";
import type { UnitIds } from "../../core/unit.ts";
import { CTX_NAME, MAX_CTX_LENGTH, MAX_CTX_NAMES, MAX_PATH_LENGTH } from "../../core/visitor-limits.ts";
import type { HeaderOf } from "./http.ts";
import type { PlainRequest } from "./plain-request.ts";

type Asked = Pick<PlainRequest, "url" | "header">;

/** An invalid parameter of a request; the message names it. */
export class BadParameter extends Error {}

/** IDs of a request, of at most 256 characters each. Throws BadParameter. */
export function readUnitIds({ url }: Asked): UnitIds {
  return {
    device: readId(url, "device_id"),
    account: readId(url, "account_id"),
    session: readId(url, "session_id"),
    random: randomUUID,
  };
}

/**
 * A parameter of an absolute URL, or undefined. Checks for the name first: for a missing one Hono
 * parses the whole query once it has a percent sign, and a page's path always has.
 */
export function readParameter(url: string, name: string): string | undefined {
  return url.includes(`${name}=`) ? (getQueryParam(url, name) as string | undefined) : undefined;
}

function readId(url: string, name: string): string | null {
  const id = readParameter(url, name) || null;
  if (id !== null && (id.length > MAX_UNIT_ID_LENGTH || storableText(id) !== null)) {
    throw new BadParameter(`${name}: allowed are 1 to ${MAX_UNIT_ID_LENGTH} well-formed characters other than NUL`);
  }
  return id;
}

/** Path of the page; undefined when the request names none that can be stored. */
export function readPath({ url }: Asked): string | undefined {
  return storablePath(readParameter(url, "path"));
}

/** Path of the page that a request comes from; browsers often send only `/` across sites. */
export function readReferringPath(header: HeaderOf): string | undefined {
  const page = header("referer") ?? "";
  return URL.canParse(page) ? storablePath(new URL(page).pathname) : undefined;
}

function storablePath(path: string | undefined): string | undefined {
  return path && path.length <= MAX_PATH_LENGTH && storableText(path) === null ? path : undefined;
}

/**
 * Context of rules except the path: at most 20 parameters `ctx.NAME` of 256 characters, and the
 * browser's headers. Throws BadParameter.
 */
export function readRuleContext({ url, header }: Asked): Omit<RuleContext, "path"> {
  const ctx = new Map<string, string>();
  for (const [parameter, values] of Object.entries(getQueryParams(url) as Record<string, string[]>)) {
    if (!parameter.startsWith("ctx.")) continue;
    const name = parameter.slice(4);
    const [value = "", ...others] = values;
    if (!CTX_NAME.test(name)) {
      const allowed = "1 to 64 letters, digits and _, not beginning with a digit";
      throw new BadParameter(`ctx.NAME is "${parameter.slice(0, 80)}": allowed as NAME are ${allowed}`);
    }
    if (others.length > 0) throw new BadParameter(`${parameter}: allowed is one, it is there ${values.length} times`);
    if (value.length > MAX_CTX_LENGTH || storableText(value) !== null) {
      throw new BadParameter(`${parameter}: allowed are ${MAX_CTX_LENGTH} well-formed characters other than NUL`);
    }
    ctx.set(name, value);
  }
  if (ctx.size > MAX_CTX_NAMES) throw new BadParameter(`ctx.NAME: allowed are ${MAX_CTX_NAMES}, there are ${ctx.size}`);
  return { ctx, ...readBrowser(header) };
}

/** Context of rules that the browser sends in every request. */
export function readBrowser(header: HeaderOf): Pick<RuleContext, "language" | "userAgent"> {
  return browserContext(header("accept-language"), header("user-agent"));
}
