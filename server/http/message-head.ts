/** The head of a request whose end is known without doubt. */
export interface MessageHead {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** Length of the head in bytes, with its empty line. */
  readonly bytes: number;
  /** Bytes of the body; null when it comes in chunks. */
  readonly bodyBytes: number | null;
  /** Whether the request wishes that the connection be closed after its answer. */
  readonly isLast: boolean;
}

/** Longer heads are left to Node, which rejects them. */
const MAX_HEAD_BYTES = 8192;
/** Methods whose answers have a body. */
const METHODS = ["GET", "POST", "OPTIONS"] as const;
const VERSION = " HTTP/1.1\r\n";
/** Headers that say where the body ends, and what follows. */
const FRAMING = ["content-length", "transfer-encoding", "connection", "proxy-connection", "expect", "upgrade"];

const [TAB, LF, CR, SPACE, SLASH, COLON, DELETE] = [0x09, 0x0a, 0x0d, 0x20, 0x2f, 0x3a, 0x7f];
/** 1 for bytes of a header's name, by RFC 9110. */
const TOKEN = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(/[\w!#$%&'*+.^`|~-]/.test(String.fromCharCode(byte))),
);
/** 1 for the lengths of those headers. */
const FRAMING_LENGTH = Uint8Array.from({ length: 18 }, (_, length) =>
  Number(FRAMING.some((name) => name.length === length)),
);

/**
 * Reads the head of a request that begins at an offset of received bytes. Null when it is not there
 * as a whole, or not in its plainest form: folded lines, odd spaces, other versions and absolute
 * URLs are left to Node, so that two parsers can never disagree about where a request ends. Goes
 * through the bytes once: patterns would take four times as long.
 */
export function readHead(bytes: Buffer, start: number): MessageHead | null {
  const end = Math.min(bytes.length, start + MAX_HEAD_BYTES);
  const method = METHODS.find((name) => isAt(bytes, start, name) && bytes[start + name.length] === SPACE);
  if (!method) return null;
  const urlStart = start + method.length + 1;
  if (bytes[urlStart] !== SLASH) return null;
  let at = urlStart;
  for (let byte = bytes[at] as number; byte > SPACE && byte < DELETE && at < end; byte = bytes[at] as number) at += 1;
  const urlEnd = at;
  if (!isAt(bytes, at, VERSION)) return null;
  at += VERSION.length;
  let bodyBytes: number | null | undefined;
  let isLast = false;
  while (at < end && bytes[at] !== CR) {
    const nameStart = at;
    while (at < end && TOKEN[bytes[at] as number] === 1) at += 1;
    if (at === nameStart || bytes[at] !== COLON) return null;
    const nameEnd = at;
    at += 1;
    while (at < end && isOfValue(bytes[at] as number)) at += 1;
    if (at >= end || bytes[at] !== CR || bytes[at + 1] !== LF) return null;
    if (FRAMING_LENGTH[nameEnd - nameStart] === 1) {
      const name = bytes.toString("latin1", nameStart, nameEnd).toLowerCase();
      if (FRAMING.includes(name)) {
        const value = bytes.toString("latin1", nameEnd + 1, at).trim();
        if (name === "content-length" && bodyBytes === undefined && /^\d{1,9}$/.test(value)) bodyBytes = Number(value);
        else if (name === "transfer-encoding" && bodyBytes === undefined && /^chunked$/i.test(value)) bodyBytes = null;
        else if (name === "connection" && /^close$/i.test(value)) isLast = true;
        else if (name !== "connection" || !/^keep-alive$/i.test(value)) return null;
      }
    }
    at += 2;
  }
  if (at + 1 >= end || bytes[at + 1] !== LF) return null;
  const url = bytes.toString("latin1", urlStart, urlEnd);
  return { method, url, bytes: at + 2 - start, bodyBytes: bodyBytes === undefined ? 0 : bodyBytes, isLast };
}

function isAt(bytes: Buffer, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

function isOfValue(byte: number): boolean {
  return (byte >= SPACE && byte !== DELETE) || byte === TAB;
}
