import { CountingFailed } from "../../results/counting-failed.ts";
import { CountingSlow } from "../../results/in-time.ts";

/** Result of a count, or the reason why there is none now. */
export type CountedOrWhy<Counted> =
  | { readonly counted: Counted }
  | { readonly why: string; readonly error: CountingFailed | null };

/** A count, or the reason why there is none now, or not soon. */
export async function countedOrWhy<Counted>(counting: Promise<Counted>): Promise<CountedOrWhy<Counted>> {
  try {
    return { counted: await counting };
  } catch (error) {
    if (error instanceof CountingSlow) return { why: "Counting takes longer than usual.", error: null };
    if (error instanceof CountingFailed) return { why: `Counting failed: ${error.message}.`, error };
    throw error;
  }
}
