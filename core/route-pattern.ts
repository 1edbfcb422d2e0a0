import { utf8ToBytes } from "@noble/hashes/utils.js";

/**
 * Steps of a glob: optional subpath, any characters, part of a segment, a reserved character kept
 * encoded.
 */
const TOKENS = /\/\*\*(?=\/|$)|\*{2,}|\*|%(?=3B|2F|3F|3A|40|26|3D|2B|24|2C|23)|[^*]/gisu;
/** Characters that `decodeURI` leaves encoded. */
const RESERVED = ";/?:@&=+$,#";

const HEX = "[0-9A-Fa-f]";
const TAIL = `%[89ABab]${HEX}`;
/** Text whose percent signs all begin UTF-8 sequences (RFC 3629). */
const DECODABLE = `(?s)(?:[^%]|%[0-7]${HEX}|%[Cc][2-9A-Fa-f]${TAIL}|%[Dd]${HEX}${TAIL}|%[Ee]0%[ABab]${HEX}${TAIL}|%[Ee][1-9A-Ca-cEFef]${TAIL}${TAIL}|%[Ee][Dd]%[89]${HEX}${TAIL}|%[Ff]0%[9ABab]${HEX}${TAIL}${TAIL}|%[Ff][1-3]${TAIL}${TAIL}${TAIL}|%[Ff]4%8${HEX}${TAIL}${TAIL})*`;

/** Patterns (RE2) that match the same whole paths as `compileRoutes`. */
export interface RoutePattern {
  /** Whether a path can be decoded. */
  readonly isDecodable: string;
  readonly ofDecodable: string;
  /** Pattern for a path that cannot be decoded. */
  readonly ofOthers: string;
}

/** @param glob a decoded glob */
export function routePattern(glob: string): RoutePattern {
  const tokens = [...glob.matchAll(TOKENS)].map(([token]) => token);
  const pattern = (literal: (character: string) => string) =>
    `(?s)${tokens
      .map((token) =>
        token === "/**" ? "(?:/.*)?" : token === "*" ? "[^/]*" : token.startsWith("**") ? ".*" : literal(token),
      )
      .join("")}`;
  return { isDecodable: DECODABLE, ofDecodable: pattern(encodedOrNot), ofOthers: pattern(escaped) };
}

function encodedOrNot(character: string): string {
  if (character === "%") return "(?:%25|%)";
  if (RESERVED.includes(character)) return escaped(character);
  const bytes = [...utf8ToBytes(character)].map((byte) => {
    const hex = byte.toString(16).padStart(2, "0");
    return `%${[...hex].map((digit) => `[${digit}${digit.toUpperCase()}]`).join("")}`;
  });
  return `(?:${escaped(character)}|${bytes.join("")})`;
}

function escaped(character: string): string {
  return /[\\^$.|?*+()[\]{}]/.test(character) ? `\\${character}` : character;
}
