/** Roles of named tokens. Each of the first three may do what those before it may. */
export const ROLES = ["viewer", "editor", "admin", "ingest"] as const;

export type Role = (typeof ROLES)[number];

/** Roles that log in and call the admin's routes; an `ingest` token only marks events. */
const RANKS: readonly Role[] = ["viewer", "editor", "admin"];

/** Whether a role suffices for what needs another one. */
export function suffices(role: Role, needed: Role): boolean {
  return RANKS.includes(role) && RANKS.indexOf(role) >= RANKS.indexOf(needed);
}

export const ROLE_WORDS: Readonly<Record<Role, string>> = {
  viewer: "reads pages and reports, changes nothing",
  editor: "also changes, starts and stops experiments, and reads raw events",
  admin: "also changes settings, access and the log",
  ingest: "marks posted events as a server's, and reads nothing",
};
