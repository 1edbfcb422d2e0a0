import type { Random } from "../../core/random-streams.ts";
import type { Browser } from "./browsers.ts";
import { CAMPAIGNS } from "./campaign.ts";
import type { LogFormat } from "./log-format.ts";
import { encode, encodeAscii } from "./log-writer.ts";
import { PLACES, type Place } from "./places.ts";
import { PAGES } from "./site.ts";
import { uuid } from "./uuid.ts";
import type { Visit } from "./visit.ts";
import { addressesOf } from "./visitor.ts";

interface Parts {
  readonly random: Random;
  /** The fields after those of the page. */
  readonly fields: Uint8Array;
}

const ID = encode('{"event_id":"');
const TIMESTAMP = encode('","event_timestamp":"');
const PAGE_FIELDS = PAGES.map((page) =>
  encode(
    `","event_type":"pageview","page_url":"http://www.dummywebsite.com/${page}","page_url_path":"/${page}","referer_url":"`,
  ),
);

/**
 * The format of the library fake-web-events: page views with its 30 fields in its order, without
 * groups.
 */
export function fakeWebEventsFormat(): LogFormat<Parts> {
  return {
    header: "",
    timeSeparator: " ",
    partsOf: (visit) => ({ random: visit.random, fields: encodeAscii(fieldsOf(visit)) }),
    write: ({ atMs, page }, { random, fields }, writer) => {
      writer.put(ID);
      writer.putUuid(random);
      writer.put(TIMESTAMP);
      writer.putTime(atMs);
      // The library writes microseconds.
      writer.putDigits(Math.floor(random() * 1000), 3);
      writer.put(PAGE_FIELDS[page] as Uint8Array);
      writer.put(fields);
      writer.endLine();
    },
  };
}

/**
 * Text from the value of `referer_url` to the end. Built by hand: JSON.stringify takes four times
 * as long, and none of these texts needs escapes.
 */
function fieldsOf({ visitor, campaign, random }: Visit): string {
  const { id, browser, place } = visitor;
  const { email, ipAddress } = addressesOf(visitor);
  return `${CAMPAIGN.get(campaign)}${uuid(random)}${GEO.get(place)}${ipAddress}${browserFields(browser, place)}${email}","user_domain_id":"${id}"}`;
}

const CAMPAIGN = new Map(
  CAMPAIGNS.map(([campaign]) => {
    const { refererUrl, refererMedium, medium, source, content, name } = campaign;
    return [
      campaign,
      `${refererUrl}","referer_url_scheme":"http","referer_url_port":"80","referer_medium":"${refererMedium}","utm_medium":"${medium}","utm_source":"${source}","utm_content":"${content}","utm_campaign":"${name}","click_id":"`,
    ];
  }),
);

const GEO = new Map(
  PLACES.map(([place]) => {
    const { latitude, longitude, country, timezone, region } = place;
    return [
      place,
      `","geo_latitude":"${latitude}","geo_longitude":"${longitude}","geo_country":"${country}","geo_timezone":"${timezone}","geo_region_name":"${region}","ip_address":"`,
    ];
  }),
);

/** Texts per browser and place, created once. */
const BROWSERS = new Map<Browser, Map<Place, string>>();

function browserFields(browser: Browser, place: Place): string {
  let atPlaces = BROWSERS.get(browser);
  if (!atPlaces) {
    atPlaces = new Map();
    BROWSERS.set(browser, atPlaces);
  }
  let text = atPlaces.get(place);
  if (text === undefined) {
    const { name, userAgent, os, osName, isMobile } = browser;
    const fields = `","browser_name":"${name}","browser_user_agent":"${userAgent}","browser_language":"${place.language}","os":"${os}","os_name":"${osName}","os_timezone":"${place.timezone}","device_type":"${isMobile ? "Mobile" : "Computer"}","device_is_mobile":${isMobile},"user_custom_id":"`;
    // Flatten the string into one piece of memory, which joins faster.
    text = Buffer.from(fields).toString();
    atPlaces.set(place, text);
  }
  return text;
}
