import { permission } from "./csp.ts";
import { bad, type Finding, good, unknown } from "./finding.ts";

const TIMEOUT_MS = 10_000;
/** Text of an answer that is read: a small one may be compressed to hold gigabytes. */
const MAX_CHARACTERS = 5_000_000;
const MAX_CLOCK_DIFFERENCE_MS = 60_000;
/** Hosts and folders on public filter lists of blockers. */
const BLOCKED = /(^|[./-])(analytics|tracking|tracker|telemetry|metrics|stats|pixel|adserver|ads)([./-]|$)/i;

/** Checks that the tag works on a page: present, loadable, and allowed to report by the policy. */
export async function examineSite(url: string): Promise<Finding[]> {
  const page = new URL(url);
  const asked = Date.now();
  const asking = await ask(page);
  if (typeof asking === "string")
    return [bad("site", `${url} cannot be reached: ${asking}`, "check the address and its certificate")];
  const { answer, text: html } = asking;
  const at = new URL(answer.url);
  if (!answer.ok) return [bad("site", `${url} answered ${answer.status}`, "name a page that visitors see")];
  const found = [good("site", `${answer.url} answered ${answer.status}`), clock(answer, asked)];
  const script = scriptOf(html);
  if (script === null) {
    const fix =
      "paste the script of /experiments/install into the page; a tag manager that adds it later is not seen here";
    return [...found, bad("tag on the page", "there is no script of the tag", fix)];
  }
  const src = new URL(script.src, at);
  found.push(good("tag on the page", src.href));
  if (at.protocol === "https:" && src.protocol === "http:") {
    return [...found, bad("mixed content", "an https page does not load a script by http", "serve fairsplit by https")];
  }
  const policies = [...policiesOf(answer), ...metaPolicies(html)];
  found.push(await examineTag(src));
  const api = new URL(`${(script.api ?? new URL(".", src).href).replace(/\/$/, "")}/notes`, at);
  for (const [directive, address, what] of [
    ["script-src", src, "the tag"],
    ["connect-src", api, "its reports"],
  ] as const) {
    const may = permission(policies, directive, address, at);
    const fix = `add ${address.origin} to ${directive} of the page's Content-Security-Policy`;
    if (may === "forbidden")
      found.push(bad(`policy for ${what}`, `${directive} does not allow ${address.origin}`, fix));
    else if (may === "unknown")
      found.push(unknown(`policy for ${what}`, `${directive} has nonces or hashes: give the script the page's nonce`));
    else
      found.push(
        good(`policy for ${what}`, policies.length === 0 ? "the page has no policy" : `${directive} allows it`),
      );
  }
  const isBlocked = BLOCKED.test(api.hostname) || BLOCKED.test(api.pathname.slice(0, api.pathname.lastIndexOf("/")));
  found.push(
    isBlocked
      ? bad(
          "blockers",
          `public lists block names such as ${api.host}${api.pathname}`,
          "give the host a neutral name, such as ab.example.com",
        )
      : good("blockers", "no public list names this host or path"),
  );
  return found;
}

interface Asking {
  readonly answer: Response;
  /** Its text, or the begin of a long one. */
  readonly text: string;
}

/** Asks for a page or a script with its text; resolves to the reason where that does not come. */
async function ask(url: URL): Promise<Asking | string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { answer, text: await beginOf(answer) };
  } catch (error) {
    const { message, cause, name } = error as Error & { cause?: Error };
    return name === "TimeoutError" ? `no answer within ${TIMEOUT_MS / 1000} s` : cause?.message || message;
  }
}

async function beginOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > MAX_CHARACTERS) break;
  }
  return text;
}

function clock(answer: Response, asked: number): Finding {
  const said = Date.parse(answer.headers.get("date") ?? "");
  if (Number.isNaN(said)) return unknown("clock", "the site does not say its time");
  const difference = Math.abs(said - asked);
  const seconds = `${Math.round(difference / 1000)} s from the site's`;
  return difference > MAX_CLOCK_DIFFERENCE_MS
    ? bad("clock", `this machine's clock is ${seconds}`, "synchronise it: systemctl enable --now systemd-timesyncd")
    : good("clock", `this machine's clock is ${seconds}`);
}

async function examineTag(src: URL): Promise<Finding> {
  const asking = await ask(src);
  if (typeof asking === "string")
    return bad(
      "tag loads",
      `${src.href} cannot be reached: ${asking}`,
      "start the server, or mend its name or certificate",
    );
  const { answer, text: body } = asking;
  const type = answer.headers.get("content-type") ?? "no content type";
  if (!answer.ok) return bad("tag loads", `${src.href} answered ${answer.status}`, "check the address of the script");
  if (!/javascript/.test(type) || !body.includes("data-exp")) {
    return bad("tag loads", `${src.href} is ${type}, and not the tag`, "check the address of the script");
  }
  const encoding = answer.headers.get("content-encoding") ?? "no";
  return good("tag loads", `${body.length} bytes, ${encoding} compression`);
}

function policiesOf(answer: Response): string[] {
  const header = answer.headers.get("content-security-policy");
  return header === null ? [] : header.split(",");
}

function metaPolicies(html: string): string[] {
  return [...html.matchAll(/<meta\b[^>]*>/gi)].flatMap(([meta]) =>
    attribute(meta, "http-equiv")?.toLowerCase() === "content-security-policy"
      ? (attribute(meta, "content") ?? [])
      : [],
  );
}

function scriptOf(html: string): { src: string; api: string | null } | null {
  for (const [script] of html.matchAll(/<script\b[^>]*>/gi)) {
    const src = attribute(script, "src");
    if (src !== null && /\/tag(-with-groups)?(\.[0-9a-f]+)?\.js(\?|$)/.test(src)) {
      return { src, api: attribute(script, "data-api") };
    }
  }
  return null;
}

function attribute(tag: string, name: string): string | null {
  const [, double, single, bare] =
    new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, "i").exec(tag) ?? [];
  const value = double ?? single ?? bare;
  return value === undefined ? null : value.replaceAll("&amp;", "&").replaceAll("&#39;", "'").replaceAll("&quot;", '"');
}
