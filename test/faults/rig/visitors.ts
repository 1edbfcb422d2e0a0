import { newAgent, post } from "./post.ts";

/** Visitors of a page with one experiment, who get their groups from the server. */
export interface Visitor {
  readonly deviceId: string;
  readonly group: string;
  readonly epoch: number;
}

/** Most events in a request. */
const BATCH = 100;

export async function visitorsOf(url: string, experiment: string, ids: readonly string[]): Promise<Visitor[]> {
  const visitors: Visitor[] = [];
  for (const deviceId of ids) {
    const answer = await fetch(`${url}/api/expgroups?device_id=${deviceId}`);
    const { group, epoch } =
      ((await answer.json()) as Record<string, { group: string; epoch: number }>)[experiment] ?? {};
    if (group === undefined || epoch === undefined) throw new Error(`${deviceId} has no group in ${experiment}`);
    visitors.push({ deviceId, group, epoch });
  }
  return visitors;
}

/** Posts events in as few requests as they fit in. Throws when one is not answered with 200. */
export async function postAll(url: string, events: readonly object[]): Promise<void> {
  const agent = newAgent();
  for (let start = 0; start < events.length; start += BATCH) {
    const { status, body } = await post(url, JSON.stringify(events.slice(start, start + BATCH)), agent);
    if (status !== 200) throw new Error(`POST /events answered ${status}: ${body}`);
  }
  agent.destroy();
}
