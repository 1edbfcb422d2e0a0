import type { Context } from "hono";
import type { Env } from "../http/http.ts";
import { BadParameter } from "../http/visitor.ts";

/** Selection of results. */
export interface ResultsQuery {
  /** Null for the current one. */
  readonly epoch: number | null;
  /** Simulator run to count; null for real visitors. */
  readonly run: string | null;
}

const WHOLE = /^(?:0|[1-9]\d{0,14})$/;
/** Names of runs as issued by the server. */
const RUN = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Reads `?epoch=&run=`. Empty values, as forms send them, count as missing. Throws BadParameter.
 */
export function readResultsQuery(c: Context<Env>): ResultsQuery {
  const { epoch = "", run = "" } = c.req.query();
  if (epoch !== "" && !WHOLE.test(epoch)) {
    throw new BadParameter(`epoch is ${JSON.stringify(epoch)}: allowed is the number of a period`);
  }
  if (run !== "" && !RUN.test(run)) {
    throw new BadParameter(`run is ${JSON.stringify(run)}: allowed is the name of a simulator's run`);
  }
  return { epoch: epoch === "" ? null : Number(epoch), run: run === "" ? null : run };
}
