/** Makes a function that maps a number in [0, 1) to an option by weight. */
export function weightedChoice<Option>(
  options: readonly (readonly [option: Option, weight: number])[],
): (random: number) => Option {
  const total = options.reduce((sum, [, weight]) => sum + weight, 0);
  const last = options.at(-1);
  if (!last) throw new RangeError("options is empty: needed is at least one");
  let sum = 0;
  const steps = options.map(([option, weight]) => {
    sum += weight;
    return { option, upTo: sum / total };
  });
  return (random) => {
    for (const { option, upTo } of steps) if (random < upTo) return option;
    return last[0];
  };
}
