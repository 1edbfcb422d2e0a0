import { randomBytes } from "node:crypto";
import * as v from "valibot";
import { InvalidInput, parse } from "../../core/parse.ts";
import { timestamp } from "../../core/timestamp.ts";
import { NO_RESERVE, type Reserve } from "../files/reserve.ts";
import type { Author, Registry } from "../registry/registry.ts";
import { ROLES } from "./roles.ts";
import { openSavedList } from "./saved-list.ts";
import { secretHash } from "./secret-hash.ts";

/** More than an organisation has programs and people here; arbitrary. */
export const MAX_TOKENS = 200;
/** Names that the history gives to others. */
const TAKEN = ["admin", "demo", "command line", "server"];
const NAME_ALLOWED = "1 to 64 letters, digits, spaces and . _ @ + -, not at its ends a space";
const ROLE_ALLOWED = ROLES.join(", ");

const Name = v.pipe(
  v.string(NAME_ALLOWED),
  v.regex(/^(?! )[\p{L}\p{N} ._@+-]{1,64}(?<! )$/u, NAME_ALLOWED),
  v.check((name) => !TAKEN.includes(name.toLowerCase()), `another name than ${TAKEN.join(", ")}`),
);
/** Input for a new token. */
export const NewTokenSchema = v.strictObject(
  { name: Name, role: v.picklist(ROLES, ROLE_ALLOWED) },
  "a token: {name, role}",
);

const TokenSchema = v.strictObject({
  ...NewTokenSchema.entries,
  /** SHA-256 of the token in hex. */
  hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  createdAt: timestamp(),
  createdBy: v.string(),
});

/** A token without itself: only its hash is stored. */
export type NamedToken = v.InferOutput<typeof TokenSchema>;

/** Tokens with a name and a role, for people and programs beside the one admin token. */
export interface NamedTokens {
  /** In the order of their creation. */
  list(): readonly NamedToken[];
  /** The token that a given text is; null for none. */
  find(given: string): NamedToken | null;
  /** The token with a hash, as sessions remember it; null when it was revoked. */
  withHash(hash: string): NamedToken | null;
  /**
   * Makes a token, which is returned here and never again. The history names it.
   *
   * @throws InvalidInput, NotSaved
   */
  create(input: unknown, author: Author): Promise<{ readonly token: string; readonly made: NamedToken }>;
  /** Revokes a token at once; null when there is none of that name. Rejects with NotSaved. */
  revoke(name: string, author: Author): Promise<NamedToken | null>;
}

/** Opens the tokens of a data folder. Throws BadConfig when their file is damaged. */
export async function openNamedTokens(
  path: string,
  registry: Pick<Registry, "note">,
  reserve: Reserve = NO_RESERVE,
): Promise<NamedTokens> {
  const saved = await openSavedList(
    path,
    v.pipe(v.array(TokenSchema), v.maxLength(MAX_TOKENS)),
    "restore it from a copy, or remove it to revoke all named tokens",
    reserve,
  );
  const withHash = (hash: string) => saved.items().find((token) => token.hash === hash) ?? null;
  return {
    list: saved.items,
    // A hash needs no comparison in constant time: nobody can choose one.
    find: (given) => withHash(secretHash(given)),
    withHash,
    async create(input, author) {
      const { name, role } = parse(NewTokenSchema, input);
      checkNew(saved.items(), name);
      const token = `fs_${randomBytes(32).toString("base64url")}`;
      const made = { name, role, hash: secretHash(token), createdAt: author.now, createdBy: author.by };
      // First: a token that is in no history must not exist.
      await registry.note("token_created", author, `${name} (${role})`);
      await saved.update((items) => {
        checkNew(items, name);
        return [...items, made];
      });
      return { token, made };
    },
    async revoke(name, author) {
      const found = saved.items().find((token) => token.name === name);
      if (!found) return null;
      await saved.update((items) => items.filter((token) => token.name !== name));
      await registry.note("token_revoked", author, `${name} (${found.role})`);
      return found;
    },
  };
}

/** Tokens of a server without any, as in the demo. */
export const NO_TOKENS: Pick<NamedTokens, "find" | "withHash"> = { find: () => null, withHash: () => null };

function checkNew(items: readonly NamedToken[], name: string): void {
  if (items.some((token) => token.name.toLowerCase() === name.toLowerCase())) {
    throw new InvalidInput([{ field: "name", value: name, allowed: "a name that no other token has" }]);
  }
  if (items.length < MAX_TOKENS) return;
  throw new InvalidInput([{ field: "name", value: name, allowed: `at most ${MAX_TOKENS} tokens: revoke one first` }]);
}
