import type { Experiment } from "../../core/experiment.ts";
import type { Random } from "../../core/random-streams.ts";
import type { LogFormat } from "./log-format.ts";
import { encode, encodeAscii, type LogWriter } from "./log-writer.ts";
import { PAGES } from "./site.ts";
import { uuid } from "./uuid.ts";

interface Parts {
  readonly random: Random;
  readonly device: Uint8Array;
  readonly session: Uint8Array;
  /** Parameters of a page view, with the session. */
  readonly pageParams: Uint8Array;
  readonly groups: readonly number[];
  readonly cents: number;
}

const CONFIRMATION = PAGES.indexOf("confirmation");
const ID = encode('{"id":"');
const TS = encode('","ts":"');
const NO_PARAMS = encode(',"params":{}');
/** Text from the event's name to the page's path, by page. */
const eventOn = (event: string) =>
  PAGES.map((page) => encode(`,"event":"${event}","source":"browser","path":"/${page}"`));
const PAGEVIEW = eventOn("pageview");
const EXPOSURE = eventOn("exposure");
const CONFIRMED = eventOn("confirmation");
const PURCHASE = eventOn("purchase");

/**
 * The format of our server's event log: page views, an exposure per experiment and visit,
 * `confirmation` and `purchase`.
 */
export function ndjsonFormat(experiments: readonly Experiment[]): LogFormat<Parts> {
  const arms = experiments.map(({ key, groups, epoch }) =>
    groups.map(({ name }) =>
      encode(`,"experiment":"${key}","group":${JSON.stringify(name)},"epoch":${epoch},"params":{}`),
    ),
  );
  return {
    header: "",
    timeSeparator: "T",
    partsOf: ({ visitor, campaign, random, groups, cents }) => {
      const { browser, place } = visitor;
      const session = `,"session_id":"${uuid(random)}"}`;
      const device = browser.isMobile ? "Mobile" : "Computer";
      const params = `"utm_medium":"${campaign.medium}","utm_source":"${campaign.source}","utm_campaign":"${campaign.name}","device":"${device}","browser":"${browser.name}","os":"${browser.osName}","country":"${place.country}"`;
      return {
        random,
        device: encodeAscii(`Z","deviceId":"${visitor.id}"`),
        session: encodeAscii(session),
        pageParams: encodeAscii(`,"params":{"referrer":"https://${campaign.refererUrl}/",${params}}${session}`),
        groups,
        cents,
      };
    },
    write: ({ atMs, page, exposes }, parts, writer) => {
      begin(writer, atMs, parts, PAGEVIEW[page] as Uint8Array);
      writer.put(parts.pageParams);
      writer.endLine();
      for (const index of exposes) {
        begin(writer, atMs, parts, EXPOSURE[page] as Uint8Array);
        writer.put(arms[index]?.[parts.groups[index] as number] as Uint8Array);
        writer.put(parts.session);
        writer.endLine();
      }
      if (page !== CONFIRMATION) return;
      begin(writer, atMs, parts, CONFIRMED[page] as Uint8Array);
      writer.put(NO_PARAMS);
      writer.put(parts.session);
      writer.endLine();
      begin(writer, atMs, parts, PURCHASE[page] as Uint8Array);
      writer.put(encodeAscii(`,"value":${parts.cents / 100}`));
      writer.put(NO_PARAMS);
      writer.put(parts.session);
      writer.endLine();
    },
  };
}

function begin(writer: LogWriter, atMs: number, { random, device }: Parts, event: Uint8Array): void {
  writer.put(ID);
  writer.putUuid(random);
  writer.put(TS);
  writer.putTime(atMs);
  writer.put(device);
  writer.put(event);
}
