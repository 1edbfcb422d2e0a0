import { decode } from "fast-png";

/** Difference of a colour, of 255, that nobody sees; arbitrary: 3 % of black on white. */
const MIN_DIFFERENCE = 8;

/** True if two pictures of a screen, PNG in base64, look the same. */
export function lookTheSame(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [pictureOf(one), pictureOf(other)];
  if (a.width !== b.width || a.height !== b.height || a.data.length !== b.data.length) return false;
  for (let place = 0; place < a.data.length; place += 1)
    if (Math.abs((a.data[place] as number) - (b.data[place] as number)) >= MIN_DIFFERENCE) return false;
  return true;
}

const pictureOf = (picture: string) => decode(Buffer.from(picture, "base64"));
