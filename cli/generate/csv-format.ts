import type { Experiment } from "../../core/experiment.ts";
import type { Random } from "../../core/random-streams.ts";
import type { LogFormat } from "./log-format.ts";
import { encode, encodeAscii, type LogWriter } from "./log-writer.ts";
import { PAGES } from "./site.ts";
import { uuid } from "./uuid.ts";

interface Parts {
  readonly random: Random;
  readonly device: Uint8Array;
  /** The columns after the value. */
  readonly visit: Uint8Array;
  readonly groups: readonly number[];
  readonly cents: number;
}

export const CSV_COLUMNS = ["id", "ts", "device_id", "session_id", "event", "path", "experiment", "group"].concat([
  "epoch",
  "value",
  "referrer",
  "utm_medium",
  "utm_source",
  "utm_campaign",
  "device_type",
  "browser",
  "os",
  "country",
]);

const CONFIRMATION = PAGES.indexOf("confirmation");
const COMMA = encode(",");
/** Text from the event to the comma after the path, by page. */
const eventOn = (event: string) => PAGES.map((page) => encode(`,${event},/${page},`));
const PAGEVIEW = eventOn("pageview");
const EXPOSURE = eventOn("exposure");
const CONFIRMED = eventOn("confirmation");
const PURCHASE = eventOn("purchase");
/** Empty cells for experiment, group, epoch and value. */
const NOTHING = encode(",,,");

/** The events of the event log as a table. */
export function csvFormat(experiments: readonly Experiment[]): LogFormat<Parts> {
  const arms = experiments.map(({ key, groups, epoch }) =>
    groups.map(({ name }) => encode(`${key},${cell(name)},${epoch},`)),
  );
  return {
    header: `${CSV_COLUMNS.join(",")}\n`,
    timeSeparator: "T",
    partsOf: ({ visitor, campaign, random, groups, cents }) => {
      const { browser, place } = visitor;
      const { refererUrl, medium, source, name } = campaign;
      const device = browser.isMobile ? "Mobile" : "Computer";
      return {
        random,
        device: encodeAscii(`Z,${visitor.id},${uuid(random)}`),
        visit: encodeAscii(
          `,https://${refererUrl}/,${medium},${source},${name},${device},${browser.name},${browser.osName},${place.country}`,
        ),
        groups,
        cents,
      };
    },
    write: ({ atMs, page, exposes }, parts, writer) => {
      row(writer, atMs, parts, PAGEVIEW[page] as Uint8Array, NOTHING);
      for (const index of exposes) {
        const arm = arms[index]?.[parts.groups[index] as number] as Uint8Array;
        row(writer, atMs, parts, EXPOSURE[page] as Uint8Array, arm);
      }
      if (page !== CONFIRMATION) return;
      row(writer, atMs, parts, CONFIRMED[page] as Uint8Array, NOTHING);
      row(writer, atMs, parts, PURCHASE[page] as Uint8Array, encodeAscii(`,,,${parts.cents / 100}`));
    },
  };
}

function row(writer: LogWriter, atMs: number, parts: Parts, event: Uint8Array, columns: Uint8Array): void {
  writer.putUuid(parts.random);
  writer.put(COMMA);
  writer.putTime(atMs);
  writer.put(parts.device);
  writer.put(event);
  writer.put(columns);
  writer.put(parts.visit);
  writer.endLine();
}

/** Quotes a cell: group names may contain commas and quotation marks. */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
