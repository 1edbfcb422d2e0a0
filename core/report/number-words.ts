/** A whole number with thousands separators: 5,612. */
export function wholeWords(number: number): string {
  return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/**
 * Rounds to `digits` significant digits, but never the integer part, without trailing zeros: 12.4,
 * 5, 1,234.
 */
export function numberWords(number: number, digits = 3): string {
  const size = Math.abs(number);
  if (size >= 1e15 || (size > 0 && size < 1e-6)) return number.toPrecision(digits).replace("-", "−");
  const places = size === 0 ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  const [whole = "", fraction = ""] = size.toFixed(Math.min(100, places)).split(".");
  const kept = fraction.replace(/0+$/, "");
  const text = `${wholeWords(Number(whole))}${kept === "" ? "" : `.${kept}`}`;
  return number < 0 && text !== "0" ? `−${text}` : text;
}

/** An amount with its ISO 4217 currency, or a plain number for null: “12.4 EUR”. */
export function amountWords(number: string, currency: string | null): string {
  return currency === null ? number : `${number} ${currency}`;
}

/** A share or rate: 0.1242 is “12.4%”. */
export function percentWords(share: number): string {
  return `${numberWords(100 * share)}%`;
}

/** Below a hundredth of a percent digits carry no meaning: show only the sign. */
const NEAR_ZERO = 1e-4;

/** A relative change, never rounded to 0: 0.0612 is “+6.1%”. */
export function changeWords(change: number): string {
  if (change !== 0 && Math.abs(change) < NEAR_ZERO) return change > 0 ? "just above 0%" : "just below 0%";
  return `${signed(100 * change)}%`;
}

/** A difference of rates: 0.0231 is “+2.3 points”. */
export function pointWords(difference: number): string {
  return `${changeWords(difference).replace(/%$/, "")} percentage points`;
}

/** A signed number to two significant digits: “+6.1”, “−120”. */
export function signed(number: number): string {
  const text = numberWords(number, 2);
  return number > 0 ? `+${text}` : text;
}

/**
 * A p-value to two significant digits, or as many as keep it on its side of alpha: “p = 0.004”,
 * “p < 1e-300”.
 *
 * @param log10P used where the p-value underflows
 */
export function pWords(p: number, log10P: number | null, alpha: number): string {
  if (p < 1e-300 || (log10P !== null && log10P < -300)) return "p < 1e-300";
  for (let digits = 2; digits < 17; digits++) {
    const text = p.toPrecision(digits);
    if (Number(text) < alpha !== p < alpha) continue;
    return `p = ${p < 1e-5 ? shortExponent(p, digits) : String(Number(text))}`;
  }
  return `p = ${p}`;
}

/**
 * A p-value in a sentence: “p = 0.0037”, “p < 0.001”. It has more digits if two would hide
 * on which side of alpha it is, and the exact value if a stricter level than 0.001 decides.
 */
export function sentenceP(p: number, alpha: number): string {
  return p < 0.001 && alpha >= 0.001 ? "p < 0.001" : pWords(p, null, alpha);
}

function shortExponent(p: number, digits: number): string {
  return p.toExponential(digits - 1).replace(/\.?0*e/, "e");
}

/** A probability as a frequency: “about 1 time in 250”. */
export function oftenWords(p: number): string {
  if (p >= 0.95) return "nearly always";
  if (p >= 0.1) {
    const [times, of] = nearestFraction(p);
    return `about ${times} ${times === 1 ? "time" : "times"} in ${of}`;
  }
  if (p < 1e-6) return "less than 1 time in a million";
  return `about 1 time in ${wholeWords(Number((1 / p).toPrecision(2)))}`;
}

/** The nearest fraction of small numbers to a probability from 0.1 to 0.95. */
function nearestFraction(p: number): readonly [times: number, of: number] {
  let best: readonly [number, number] = [1, 10];
  const cost = ([times, of]: readonly [number, number]) => Math.abs(p - times / of) + 0.002 * of;
  for (let of = 2; of <= 10; of++) {
    const fraction = [Math.min(of - 1, Math.max(1, Math.round(p * of))), of] as const;
    if (cost(fraction) < cost(best)) best = fraction;
  }
  return best;
}

/** “1 visitor”, “5,612 visitors”. */
export function countWords(count: number, one: string, many = `${one}s`): string {
  return `${wholeWords(count)} ${count === 1 ? one : many}`;
}

/** “B”, “B and C”, “B, C and D”. */
export function listWords(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
