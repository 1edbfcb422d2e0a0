/** A value that Java does not convert; the message is its exception's. */
export class NotConverted extends Error {}

interface JavaType {
  /** Canonical name of its class, as errors name it. */
  readonly name: string;
  /** Throws NotConverted. */
  readonly convert: (raw: string) => string | number | boolean;
}

const whole = (bits: bigint) => (raw: string) => {
  if (!/^[+-]?\d+$/.test(raw)) throw new NotConverted("NumberFormatException");
  const value = BigInt(raw.replace(/^\+/, ""));
  const bound = 2n ** (bits - 1n);
  if (value < -bound || value >= bound) throw new NotConverted("NumberFormatException");
  return Number(value);
};

/** Parses like `Double.valueOf`: allows spaces around the number and the suffixes f and d. */
function decimal(raw: string): number | string {
  const [, sign = "", special, digits] =
    /^\s*([+-]?)(?:(NaN|Infinity)|((?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)[fFdD]?)\s*$/.exec(raw) ?? [];
  if (special === undefined && digits === undefined) throw new NotConverted("NumberFormatException");
  const value = Number(special ?? digits) * (sign === "-" ? -1 : 1);
  // JSON has neither number: Java's library writes them as text.
  return Number.isFinite(value) ? value : String(value);
}

function character(raw: string): string {
  if (raw.length !== 1) throw new NotConverted(`Parameter was length ${raw.length} but expecting length 1.`);
  return raw;
}

const TYPES: readonly (JavaType & { readonly short: string })[] = [
  { name: "java.lang.Byte", short: "byte", convert: whole(8n) },
  { name: "java.lang.Short", short: "short", convert: whole(16n) },
  { name: "java.lang.Integer", short: "int", convert: whole(32n) },
  { name: "java.lang.Long", short: "long", convert: whole(64n) },
  { name: "java.lang.Float", short: "float", convert: decimal },
  { name: "java.lang.Double", short: "double", convert: decimal },
  { name: "java.lang.Boolean", short: "boolean", convert: (raw) => raw === "1" || raw.toLowerCase() === "true" },
  { name: "java.lang.Character", short: "char", convert: character },
  { name: "java.lang.String", short: "String", convert: (raw) => raw },
];

/** Types of context variables, by each of the names that a configuration may use. */
export const JAVA_TYPES: ReadonlyMap<string, JavaType> = new Map(
  TYPES.flatMap((type) =>
    [type.short, type.name, type.name.replace("java.lang.", "")].map((name) => [name, type] as const),
  ),
);
