import type { AssignedGroup } from "../../core/http-contract.ts";
import type { Person } from "./person.ts";
import type { SentEvent } from "./truth.ts";

export type Groups = Readonly<Record<string, AssignedGroup | undefined>>;

/** A page that a person opens. */
export interface View {
  /** Name of the page in the scenario. */
  readonly page: string;
  readonly path: string;
  readonly deviceId: string;
  /** Place of the device among the person's devices, from 0. */
  readonly device: number;
  /** Empty until the person logs in. */
  readonly accountId: string;
  /** Time of the visit, as `Date.now` has it. */
  readonly atMs: number;
  /** True if the page is the first of a visit. */
  readonly isFirst: boolean;
  /** True if the network is so slow that groups come only after the tag's timeout. */
  readonly isSlow: boolean;
}

/** Goal that a person reaches on the page. */
export interface Reached {
  readonly goal: string;
  readonly value: number | undefined;
  readonly atMs: number;
}

/** The site as one person uses it: as requests, or as pages with the real tag. */
export interface Site {
  /** Opens a page; resolves to the server's groups. */
  open(view: View): Promise<Groups>;
  /** Names the account, as `fairsplit.identify` does; resolves to its groups. */
  login(accountId: string): Promise<Groups>;
  /** Reaches a goal; resolves to the experiment whose placeholder was clicked, or empty. */
  reach(reached: Reached): Promise<string>;
  /**
   * Ends the view: all its events are on the server then.
   *
   * @param told events of the page
   * @param later events that a back end sends, such as a refund
   * @param movedTo path that the page sends the person to; null where it stays
   */
  leave(told: readonly SentEvent[], later: readonly SentEvent[], movedTo: string | null): Promise<Left>;
}

/** Faults of a view, in sentences. */
export interface Left {
  /** Contradictions between what the page showed and what was assigned. */
  readonly mismatches: readonly string[];
  readonly errors: readonly string[];
}

/** A driver of a scenario: opens the site for each person. */
export interface Sites {
  /** True if people who send nothing visit, too: then it is seen that nothing is sent. */
  readonly showsSilent: boolean;
  enter(person: Person): Promise<Site>;
  /** Ends the person's use of the site: the next one inherits nothing. */
  exit(site: Site): Promise<void>;
  close(): Promise<void>;
}
