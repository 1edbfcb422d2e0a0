import type { Options as YargsOption } from "yargs";

/** The flags of `doctor`, except the server's settings. */
export const DOCTOR_OPTIONS = {
  url: { describe: "page of a site: whether the tag can work there", type: "string", requiresArg: true },
  json: { describe: "print one JSON document", type: "boolean" },
} as const satisfies Record<string, YargsOption>;
