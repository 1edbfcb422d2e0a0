/** Seconds after which a page without numbers asks again. */
export const AGAIN_S = 10;

export interface Why {
  /** Why there are no numbers, in a sentence. */
  readonly why: string;
  /** Address that asks again by itself; null to leave that to people. */
  readonly again: string | null;
}

/** Why a page has no numbers. */
export function WhyUncounted({ why, again }: Why) {
  return (
    <p class="warning" role="alert">
      {why} {again === null ? "Reload this page to try again." : "This page asks again by itself."}
    </p>
  );
}
