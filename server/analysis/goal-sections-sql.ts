import { MANY_TOTALS } from "../../core/sums.ts";
import { quotient, wide } from "./duckdb-dialect.ts";
import type { TotalsInput } from "./goal-totals-sql.ts";
import type { TallySection } from "./tally-sql.ts";

/** Writes the head of a section: its name, the location of its rows, and their numbers. */
export type SectionHead = (name: TallySection, where: string, numbers: readonly string[]) => string;

/** Location of rows per group and goal. */
const OF_GOAL = "epoch, grp, null, part";
const NAMED = "join arms on per_arm.arm = arms.arm";

/**
 * The table `tops`: for each group and goal with a skewness, the total of largest absolute value;
 * null if no goal has a skewness.
 */
export function topsSql(input: TotalsInput): string | null {
  const { of, measured } = skewed(input);
  if (of === "") return null;
  return `tops as materialized (
  select arm, part, max(abs(${measured})) as top from totals where part in (${of}) group by arm, part
)`;
}

/** Per goal: the individual totals, if few devices have one. */
export function toldSections({ goals }: TotalsInput, section: SectionHead): string[] {
  const told = (name: "counts" | "values", total: string, places: readonly number[]) =>
    places.length === 0
      ? []
      : [
          `${section(name, OF_GOAL, ["total", "devices"])} from (
  select arm, part, ${total} as total, count(*) as devices, sum(count(*)) over (partition by arm, part) as among
  from totals where ${total} <> 0 and part in (${places.join(", ")}) group by arm, part, ${total}
) as per_total join arms on per_total.arm = arms.arm
where among < ${MANY_TOTALS}`,
        ];
  const all = goals.map((_, place) => place);
  const ofValues = all.filter((place) => goals[place]?.kind === "value");
  return [...told("counts", "events", all), ...told("values", "value", ofValues)];
}

/** Power sums, for the skewness of totals, and of the residuals of a ratio's numerators. */
export function powersSections(input: TotalsInput, section: SectionHead): string[] {
  const { of, measured } = skewed(input);
  if (of === "") return [];
  return [
    `${section("powers", OF_GOAL, ["first", "second", "third"])} from (
  select arm, part, sum(z) as first, sum(z * z) as second, sum(z * z * z) as third from (
    select measures.arm, measures.part, ${partSql("y")} as z
    from (select arm, part, ${measured} as y from totals where part in (${of})) as measures
      join tops on measures.arm = tops.arm and measures.part = tops.part
    where top > 0
  ) as scaled group by arm, part
) as per_arm ${NAMED}`,
  ];
}

/** For ratios: sums of denominators, and of their products with numerators. */
export function ratioSections(input: TotalsInput, section: SectionHead): string[] {
  if (input.counted.denominators.every((of) => of === null)) return [];
  const z = `case when top > 0 then ${partSql("y")} else 0 end`;
  return [
    `${section("ratio", OF_GOAL, ["n", "n2", "product", "n3", "zx", "zzx", "zxx"])} from (
  select arm, part, sum(x) as n, sum(${wide("x")} * x) as n2, sum(${wide("x")} * y) as product,
    sum(${wide("x")} * x * x) as n3, sum(${wide("z")} * x) as zx, sum(${wide("z")} * z * x) as zzx,
    sum(${wide("z")} * x * x) as zxx
  from (
    select arm, part, x, y, ${z} as z from (
      select denominators.arm, denominators.part, denominator as x,
        coalesce(case when is_of_values then value else events end, 0) as y, coalesce(top, 0) as top
      from denominators left join totals on denominators.unit = totals.unit and denominators.part = totals.part
        left join tops on denominators.arm = tops.arm and denominators.part = tops.part
    ) as pairs
  ) as scaled group by arm, part
) as per_arm ${NAMED}`,
  ];
}

/** For CUPED: sums of the covariate, and of its products with the outcome. */
export function beforeSections(input: TotalsInput, section: SectionHead): string[] {
  if (input.goals.every(({ cuped }) => cuped == null)) return [];
  return [
    `${section("before", OF_GOAL, ["x", "x2", "product"])} from (
  select befores.arm, befores.part, sum(x) as x, sum(${wide("x")} * x) as x2,
    sum(${wide("x")} * coalesce(case kind when 0 then totals.value when 1 then totals.events else 1 end, 0)
      * case when totals.unit is null then 0 else 1 end) as product
  from befores left join totals on befores.unit = totals.unit and befores.part = totals.part
  group by befores.arm, befores.part
) as per_arm ${NAMED}`,
  ];
}

/** A total in millionths of the largest one, truncated. */
function partSql(total: string): string {
  return `cast(${quotient(`${wide(total)} * 1000000`, "top")} as bigint)`;
}

/** Goals with a skewness, and its variable. */
function skewed({ goals }: TotalsInput): { readonly of: string; readonly measured: string } {
  const places = goals.flatMap(({ kind }, place) => (kind === "binary" ? [] : place));
  const ofEvents = places.filter((place) => goals[place]?.kind === "count" || goals[place]?.ratio?.of === "count");
  const measured = `case when part in (${ofEvents.join(", ") || -1}) then events else value end`;
  return { of: places.join(", "), measured };
}
