import type { Part } from "./mix.ts";
import { UsageError } from "./usage-error.ts";

const MAX_SHARDS = 1000;

/** A part of a run's visits, for machines that share them. */
export interface Shard {
  /** From 1 on. */
  readonly index: number;
  readonly of: number;
}

/** Parses `--shard 1/4`. Throws UsageError. */
export function parseShard(text: string): Shard {
  const [, index, of] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? [];
  const shard = { index: Number(index), of: Number(of) };
  if (!(shard.index >= 1 && shard.index <= shard.of && shard.of <= MAX_SHARDS)) {
    throw new UsageError(`--shard is "${text}": allowed is a part of up to ${MAX_SHARDS} parts, such as 1/4`);
  }
  return shard;
}

export function shardText(shard: Shard | null): string | null {
  return shard && `${shard.index}/${shard.of}`;
}

/** Visits of one driver, by their numbers in the whole run. */
export interface Range extends Part {
  readonly first: number;
}

/** The visits of a shard, or of the whole run: each belongs to exactly one shard. */
export function rangesOf(parts: readonly Part[], shard: Shard | null): Range[] {
  const { index, of } = shard ?? { index: 1, of: 1 };
  let begin = 0;
  return parts.flatMap(({ driver, visits }) => {
    const [from, to] = [index - 1, index].map((place) => Math.floor((visits * place) / of)) as [number, number];
    const first = begin + from;
    begin += visits;
    return to > from ? [{ driver, visits: to - from, first }] : [];
  });
}
