import type { Random } from "../../core/random-streams.ts";
import { weightedChoice } from "../../core/weighted-choice.ts";
import { type Browser, browserOf } from "./browsers.ts";
import { PLACES, type Place } from "./places.ts";
import { uuid } from "./uuid.ts";

/** The constants of a visitor across visits. */
export interface Visitor {
  readonly index: number;
  /** A random UUID: the unit of assignment; the device ID or `user_domain_id` in logs. */
  readonly id: string;
  readonly browser: Browser;
  readonly place: Place;
  /** Stream for fields that only some formats have. */
  readonly random: Random;
}

const placeOf = weightedChoice(PLACES);

/** The visitor of a stream. */
export function visitorOf(index: number, random: Random): Visitor {
  return { index, id: uuid(random), browser: browserOf(random), place: placeOf(random()), random };
}

const NAMES = "ana ben chloe david emma felix grace hugo ida jan kim leo mia noah olga paul rita sam tara uma".split(
  " ",
);
const SURNAMES = "adams bauer costa dubois evans fischer garcia haas ito jones khan lopez meyer novak okafor".split(
  " ",
);
// Reserved for documentation (RFC 2606), so no real address.
const DOMAINS = ["example.com", "example.net", "example.org"];

/** A visitor's e-mail and IP address. */
export function addressesOf({ index, random }: Visitor): { email: string; ipAddress: string } {
  const oneOf = <Option>(options: readonly Option[]) => options[Math.floor(random() * options.length)] as Option;
  const byte = () => Math.floor(random() * 256);
  return {
    // The index makes it unique.
    email: `${oneOf(NAMES)}.${oneOf(SURNAMES)}${index}@${oneOf(DOMAINS)}`,
    // Shared address space (RFC 6598), which the internet does not route.
    ipAddress: `100.${64 + Math.floor(random() * 64)}.${byte()}.${byte()}`,
  };
}
