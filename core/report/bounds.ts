/** An interval; null for an end that nothing bounds, such as the lift over a control without conversions. */
export type Bounds = readonly [lower: number | null, upper: number | null];
