import type { Dialect } from "./query.ts";

export const DUCKDB: Dialect = {
  parameter: (n) => `$${n}`,
  firstBy: (value, order) => `arg_min(${value}, ${order.length === 1 ? order[0] : `row(${order.join(", ")})`})`,
  wide: (value) => `cast(${value} as hugeint)`,
  quotient: (a, b) => `(${a}) // (${b})`,
  as: "as materialized",
};

/** Text in a query, where no parameter may stand, such as the name of a file. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
