import type { Options as YargsOption } from "yargs";

export const IMPORT_KINDS = ["proctor", "growthbook", "unleash", "django", "csv"] as const;

export const IMPORT_OPTIONS = {
  data: { type: "string", requiresArg: true, describe: "the data folder [FAIRSPLIT_DATA, default ./data]" },
} as const satisfies Record<string, YargsOption>;
