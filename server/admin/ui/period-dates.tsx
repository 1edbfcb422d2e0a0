import { Time } from "./time.tsx";

interface Props {
  /** The period's epoch. */
  readonly number: number;
  /** ISO 8601 times; undefined where the history does not have them. */
  readonly period: { readonly from: string; readonly to: string | null } | undefined;
}

/** A period by its dates: “since 31 Jan 2026, 12:00 UTC”. */
export function PeriodDates({ number, period }: Props) {
  if (!period) return <>number {number}</>;
  const { from, to } = period;
  if (to === null) {
    return (
      <>
        since <Time at={from} />
      </>
    );
  }
  return (
    <>
      <Time at={from} /> – <Time at={to} />
    </>
  );
}
