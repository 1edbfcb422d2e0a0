/** Common parts of passwords, longest first, so that "password" is removed before "pass". */
const OBVIOUS =
  /administrator|development|experiments?|fairsplit|changeme|password|passwort|0123456789|1234567890|123456789|12345678|qwertyuiop|production|abcdefgh|default|example|letmein|welcome|asdfgh|qwertz|qwerty|123456|secret|bearer|admin|token|login|testing|test|pass|root|user|demo|1234|abcd/gi;
const REPEATED = /(.{1,32}?)\1+/g;

const MIN_STRIPPED_LENGTH = 16;
const MIN_DISTINCT_CHARACTERS = 8;

/** Whether a dictionary attack would find a token; `STRONG_ENOUGH` words the requirement. */
export function isEasyToGuess(token: string): boolean {
  const left = token.replace(OBVIOUS, "").replace(REPEATED, "$1");
  return left.length < MIN_STRIPPED_LENGTH || new Set(left).size < MIN_DISTINCT_CHARACTERS;
}

export const STRONG_ENOUGH =
  `allowed is one with ${MIN_STRIPPED_LENGTH} characters, ${MIN_DISTINCT_CHARACTERS} of them different, ` +
  "besides repetitions and words like password or 123456 (openssl rand -base64 32 makes one), or none: then one is made";
