/** The value of the row that comes first by these columns, as an aggregate. */
export function firstBy(value: string, order: readonly string[]): string {
  return `arg_min(${value}, ${order.length === 1 ? order[0] : `row(${order.join(", ")})`})`;
}

/** A whole number of 128 bits. */
export function wide(value: string): string {
  return `cast(${value} as hugeint)`;
}

/** Quotient of two whole numbers, truncated towards 0. */
export function quotient(a: string, b: string): string {
  return `(${a}) // (${b})`;
}

/** Text as an SQL literal, for places that allow no parameter, such as file names. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
