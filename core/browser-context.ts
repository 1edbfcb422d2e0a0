import type { RuleContext } from "./rule.ts";

const MAX_LANGUAGE_LENGTH = 35;
const MAX_AGENT_LENGTH = 512;

/** The part of a rule's context that browsers send in every request, from the two headers. */
export function browserContext(
  acceptLanguage: string | undefined,
  userAgent: string | undefined,
): Pick<RuleContext, "language" | "userAgent"> {
  return {
    language: (/^[\w-]+/.exec(acceptLanguage ?? "")?.[0] ?? "").slice(0, MAX_LANGUAGE_LENGTH),
    userAgent: (userAgent ?? "").slice(0, MAX_AGENT_LENGTH),
  };
}
