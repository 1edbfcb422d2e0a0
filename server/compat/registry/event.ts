import { isRecord } from "../../../core/event-fields.ts";
import type { Experiment } from "../../../core/experiment.ts";
import type { StickyGroups } from "../../sticky/sticky-groups.ts";
import { epochOf } from "../projection/exposure.ts";
import type { NewEvent } from "../projection/store.ts";

/** A post with a missing field or a wrong type, in FastAPI's words. */
export class Unprocessable extends Error {
  readonly detail: readonly object[];

  constructor(detail: readonly object[]) {
    super("the body is not valid");
    this.detail = detail;
  }
}

export interface RegistryEvent {
  readonly experimentKey: string;
  readonly group: string;
  readonly sessionId: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const REQUIRED = ["experiment_key", "variant_key", "session_id"] as const;

/** Reads a post of the registry's client. Throws Unprocessable. */
export function readRegistryEvent(body: unknown): RegistryEvent {
  if (!isRecord(body)) {
    throw new Unprocessable([
      { type: "model_attributes_type", loc: ["body"], msg: "Input should be a valid dictionary", input: body },
    ]);
  }
  const wrong = REQUIRED.flatMap((field) => {
    const value = body[field];
    if (value === undefined) return [{ type: "missing", loc: ["body", field], msg: "Field required", input: body }];
    if (typeof value === "string" && value !== "") return [];
    return [{ type: "string_type", loc: ["body", field], msg: "Input should be a valid string", input: value }];
  });
  if (wrong.length > 0) throw new Unprocessable(wrong);
  const [experimentKey = "", group = "", sessionId = ""] = REQUIRED.map((field) => String(body[field]));
  return { experimentKey, group, sessionId, fields: body };
}

/** The event of a post; its session is the unit. */
export function eventOf(
  { group, sessionId, fields }: RegistryEvent,
  experiment: Experiment,
  sticky: StickyGroups,
  isImpression: boolean,
): NewEvent {
  const { path, timestamp, event_name, conversion_value, metadata } = fields;
  return {
    deviceId: sessionId,
    session_id: sessionId,
    ...(experiment.unit === "account" ? { accountId: sessionId } : {}),
    ...given({ ts: timestamp }),
    ...given({ path }),
    event: isImpression ? "exposure" : (event_name ?? "event"),
    experiment: experiment.key,
    group,
    epoch: epochOf(experiment, sessionId, group, sticky),
    ...given({ value: conversion_value }),
    params: metadata ?? {},
  };
}

/** Optional fields as received: the record converts them, or names what it sets aside. */
function given(fields: Readonly<Record<string, unknown>>): NewEvent {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}
