import type { AssignedGroup } from "../core/http-contract.ts";
import type { Placement } from "./placement.ts";

/** The answer of `/api/expgroups`; `{}` if the server is off or unreachable. */
export type Groups = Readonly<Record<string, AssignedGroup | undefined>>;

/**
 * The page's API, `window.fairsplit`. Calls made before the tag loads wait in an array of that
 * name.
 */
export interface Fairsplit {
  /** Calls back when the groups are known, or have failed to load. */
  ready(heard?: (groups: Groups) => void): Promise<unknown>;
  /** The device's group in an experiment, if any. */
  group(key: string): string | undefined;
  /** The payload of that group. */
  payload(key: string): unknown;
  /** Reports an event, such as a goal's. */
  track(event: string, params?: unknown, value?: number): void;
  /**
   * Names the account that is logged in on this view; nothing keeps it. Experiments that had no
   * account to decide by are decided now; all others stay as they are. The last call wins.
   */
  identify(id: string): void;
  /** Records whether the visitor consents to being counted. */
  consent(isGiven: boolean): void;
  /** Deletes the device ID and everything stored, and stops counting. */
  forget(): void;
  /** Searches for placeholders that no observer sees, such as in a shadow root. */
  render(root?: ParentNode): void;
  /** A call as a list: `push(["track", "signup"])`. */
  push(...calls: [name: string, ...args: unknown[]][]): void;
  /** The groups that the page shows. */
  groups: Groups;
  /** The events that this page reported, for inspection. */
  readonly events: object[];
  /** Placements of the placeholders, for inspection. */
  readonly shows: WeakMap<Element, Placement>;
}

declare global {
  interface Window {
    fairsplit?: Fairsplit | [name: string, ...args: unknown[]][];
    dataLayer?: { push(entry: object): void };
  }
  interface Navigator {
    readonly globalPrivacyControl?: boolean;
  }
}
