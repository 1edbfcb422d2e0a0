export const HOUR_MS = 3_600_000;

/** 2^26 times the milliseconds of an hour is below 2^53. */
const MAX_PER_HOUR = 2 ** 26;

/**
 * Indices of whole, non-negative milliseconds in ascending order of their times; equal times keep
 * their order. Sorts by hour first: numbers that combine time and index sort natively, ten times as
 * fast as indices with a comparison function.
 *
 * @throws RangeError if an hour has more than 2^26 times
 */
export function orderByTime(timesMs: Float64Array): Uint32Array {
  const count = timesMs.length;
  const hours = new Uint32Array(count);
  for (let index = 0; index < count; index += 1) hours[index] = Math.floor((timesMs[index] as number) / HOUR_MS);
  const starts = startsOf(hours);
  const byHour = new Uint32Array(count);
  const places = starts.slice();
  const keys = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    const hour = hours[index] as number;
    const place = places[hour] as number;
    places[hour] = place + 1;
    byHour[place] = index;
    const inHour = (timesMs[index] as number) - hour * HOUR_MS;
    keys[place] = inHour * MAX_PER_HOUR + place - (starts[hour] as number);
  }
  const order = new Uint32Array(count);
  for (let hour = 0; hour + 1 < starts.length; hour += 1) {
    const start = starts[hour] as number;
    const end = starts[hour + 1] as number;
    keys.subarray(start, end).sort();
    for (let place = start; place < end; place += 1) {
      order[place] = byHour[start + ((keys[place] as number) % MAX_PER_HOUR)] as number;
    }
  }
  return order;
}

/** Position of each hour's first index, followed by the total number. */
function startsOf(hours: Uint32Array): Uint32Array {
  let last = 0;
  for (let index = 0; index < hours.length; index += 1) last = Math.max(last, hours[index] as number);
  const counts = new Uint32Array(last + 1);
  for (let index = 0; index < hours.length; index += 1) {
    const hour = hours[index] as number;
    counts[hour] = (counts[hour] as number) + 1;
  }
  const starts = new Uint32Array(last + 2);
  for (let hour = 0; hour <= last; hour += 1) {
    const some = counts[hour] as number;
    if (some > MAX_PER_HOUR) throw new RangeError(`an hour has ${some} times: allowed are ${MAX_PER_HOUR}`);
    starts[hour + 1] = (starts[hour] as number) + some;
  }
  return starts;
}
