import { randomBytes } from "node:crypto";
import * as v from "valibot";
import { InvalidInput, parse } from "../../core/parse.ts";
import { timestamp } from "../../core/timestamp.ts";
import { NO_RESERVE, type Reserve } from "../files/reserve.ts";
import type { Author, Registry } from "../registry/registry.ts";
import { openSavedList } from "./saved-list.ts";
import { secretHash } from "./secret-hash.ts";

/** Links that are valid at the same time; arbitrary. */
export const MAX_LINKS = 500;
export const MAX_LINK_DAYS = 365;
const DAY_MS = 86_400_000;
const DAYS_ALLOWED = `a whole number of days from 1 to ${MAX_LINK_DAYS}`;

/** Input for a new link. */
export const NewLinkSchema = v.strictObject(
  {
    days: v.pipe(
      v.number(DAYS_ALLOWED),
      v.integer(DAYS_ALLOWED),
      v.minValue(1, DAYS_ALLOWED),
      v.maxValue(MAX_LINK_DAYS, DAYS_ALLOWED),
    ),
  },
  "a link: {days}",
);

const LinkSchema = v.strictObject({
  /** Names the link to who may revoke it. */
  id: v.string(),
  /** Key of the experiment. */
  key: v.string(),
  /** SHA-256 of the link's secret in hex. */
  hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  createdAt: timestamp(),
  createdBy: v.string(),
  expiresAt: timestamp(),
});

export type ReportLink = v.InferOutput<typeof LinkSchema>;

/** Links that show the present report of one experiment to anybody who has them. */
export interface ReportLinks {
  /** The valid links of an experiment, oldest first. */
  ofExperiment(key: string): readonly ReportLink[];
  /** The link with a secret, if it is valid. */
  find(secret: string): ReportLink | null;
  /**
   * Makes a link, whose secret is returned here and never again. The history names it.
   *
   * @throws InvalidInput, NotSaved
   */
  create(key: string, input: unknown, author: Author): Promise<{ readonly secret: string; readonly link: ReportLink }>;
  /** Ends a link at once; null when the experiment has none of that ID. Rejects with NotSaved. */
  revoke(key: string, id: string, author: Author): Promise<ReportLink | null>;
}

/**
 * Opens the links of a data folder. Throws BadConfig when their file is damaged.
 *
 * @param now milliseconds of a clock
 */
export async function openReportLinks(
  path: string,
  registry: Pick<Registry, "note">,
  now: () => number,
  reserve: Reserve = NO_RESERVE,
): Promise<ReportLinks> {
  const saved = await openSavedList(
    path,
    v.array(LinkSchema),
    "restore it from a copy, or remove it to revoke all links to reports",
    reserve,
  );
  const isValid = ({ expiresAt }: ReportLink) => Date.parse(expiresAt) > now();
  const about = ({ key, expiresAt }: ReportLink) => `the report of ${key}, until ${expiresAt}`;
  return {
    ofExperiment: (key) => saved.items().filter((link) => link.key === key && isValid(link)),
    // A hash needs no comparison in constant time: nobody can choose one.
    find(secret) {
      const hash = secretHash(secret);
      return saved.items().find((link) => link.hash === hash && isValid(link)) ?? null;
    },
    async create(key, input, author) {
      const { days } = parse(NewLinkSchema, input);
      const secret = randomBytes(32).toString("base64url");
      const expiresAt = new Date(now() + days * DAY_MS).toISOString();
      const made = { createdAt: author.now, createdBy: author.by, expiresAt };
      const link: ReportLink = { id: randomBytes(9).toString("base64url"), key, hash: secretHash(secret), ...made };
      // First: a link that is in no history must not exist.
      await registry.note("link_created", author, about(link));
      await saved.update((items) => {
        const valid = items.filter(isValid);
        if (valid.length < MAX_LINKS) return [...valid, link];
        const allowed = `at most ${MAX_LINKS} links at the same time: revoke one first`;
        throw new InvalidInput([{ field: "days", value: days, allowed }]);
      });
      return { secret, link };
    },
    async revoke(key, id, author) {
      const found = saved.items().find((link) => link.key === key && link.id === id);
      if (!found) return null;
      await saved.update((items) => items.filter((link) => link.id !== id));
      await registry.note("link_revoked", author, about(found));
      return found;
    },
  };
}
