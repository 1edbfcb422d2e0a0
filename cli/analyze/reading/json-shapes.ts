/** Names of the field with a document's rows, if other fields hold metadata. */
const ROWS = ["data", "rows", "results", "result", "records", "items", "events", "users", "visitors", "values", "hits"];

/**
 * Finds the row objects of a document in any usual shape: an array of objects, rows of cells under
 * a row of names, columns of cells, the forms of pandas (`columns`, `split`, `records`), or one of
 * these in a field of an object. Null for others.
 */
export function tableIn(whole: unknown): readonly unknown[] | null {
  if (Array.isArray(whole)) return rowsOfCells(whole) ?? whole;
  if (!isObject(whole)) return null;
  return split(whole) ?? columnsOfCells(whole) ?? rowsByKey(whole) ?? wrapped(whole);
}

/** `[["user_id", "group"], [1, "A"]]`. */
function rowsOfCells(rows: readonly unknown[]): object[] | null {
  const [names, ...others] = rows;
  if (!isList(names) || others.length === 0 || !names.every((name) => typeof name === "string")) return null;
  return others.every((row) => isList(row) && row.length === names.length)
    ? (others as unknown[][]).map((row) => objectOf(names as string[], row))
    : null;
}

/** `{"columns": ["user_id", "group"], "data": [[1, "A"]]}`. */
function split(whole: object): object[] | null {
  const { columns, data } = whole as { columns?: unknown; data?: unknown };
  if (!isList(columns) || !isList(data)) return null;
  const names = columns.map((column) =>
    isObject(column) ? String((column as { name?: unknown }).name) : String(column),
  );
  return rowsOfCells([names, ...data]);
}

/**
 * `{"user_id": [1, 2], "group": ["A", "B"]}`, or with objects of cells by row in place of the
 * arrays.
 */
function columnsOfCells(whole: object): object[] | null {
  const columns = Object.entries(whole);
  const [first] = columns;
  if (columns.length < 2 || !first) return null;
  const keys = Object.keys(Object(first[1]));
  const isColumn = (column: unknown) =>
    typeof column === "object" &&
    column !== null &&
    Object.keys(column).length === keys.length &&
    Object.entries(column).every(
      ([key, cell], place) => key === keys[place] && (typeof cell !== "object" || cell === null),
    );
  // Objects with numbered keys are columns by row; objects with named fields are rows.
  const isNumbered = keys.length > 0 && keys.every((key) => /^\d+$/.test(key));
  if (!isNumbered || !columns.every(([, column]) => isColumn(column))) return null;
  const names = columns.map(([name]) => name);
  return keys.map((key) =>
    objectOf(
      names,
      columns.map(([, column]) => (column as Record<string, unknown>)[key]),
    ),
  );
}

/** `{"0": {"user_id": 1, "group": "A"}, "1": {…}}`; the key is a column without a name. */
function rowsByKey(whole: object): object[] | null {
  const rows = Object.entries(whole);
  const names = Object.keys(Object(rows[0]?.[1]));
  const isRow = (row: unknown) =>
    isObject(row) && Object.keys(row).length === names.length && names.every((name) => Object.hasOwn(row, name));
  if (rows.length < 2 || names.length < 2 || !rows.every(([, row]) => isRow(row))) return null;
  return rows.map(([key, row]) => ({ "": key, ...(row as object) }));
}

/** `{"data": [{…}, {…}]}`; null if another field could hold the rows too. */
function wrapped(whole: object): readonly unknown[] | null {
  const arrays = Object.entries(whole).filter(
    ([, value]) => isList(value) && value.length > 0 && (value.every(isObject) || rowsOfCells(value) !== null),
  );
  const named = arrays.filter(([name]) => ROWS.includes(name.toLowerCase()));
  const [only, ...others] = named.length === 1 ? named : arrays;
  if (only) return others.length === 0 ? tableIn(only[1]) : null;
  const inner = Object.entries(whole).filter(([name, value]) => isObject(value) && ROWS.includes(name.toLowerCase()));
  return inner.length === 1 ? wrapped(inner[0]?.[1] as object) : null;
}

const isList = (value: unknown): value is unknown[] => Array.isArray(value);
const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const objectOf = (names: readonly string[], cells: readonly unknown[]) =>
  Object.fromEntries(names.map((name, place) => [name, cells[place]]));
