import { createReadStream } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { literal } from "../../server/analysis/duckdb-dialect.ts";
import { ENGINE, openEngine } from "../../server/analysis/engine.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import { removeTemporaryFolder, temporaryFolder } from "../../simulate/temporary-folder.ts";
import { CSV_COLUMNS } from "./csv-format.ts";

/** Types of columns that are not text. */
const TYPES: Readonly<Record<string, string>> = { ts: "TIMESTAMP", epoch: "BIGINT", value: "DOUBLE" };

/**
 * Writes a log as Parquet: `writeCsv` writes CSV to the given file, and DuckDB converts it.
 *
 * @param path null for standard output
 */
export async function writeParquet(path: string | null, writeCsv: (path: string) => Promise<void>): Promise<void> {
  const folder = await temporaryFolder("fairsplit-generate-");
  try {
    const csv = join(folder, "log.csv");
    const parquet = join(folder, "log.parquet");
    await writeCsv(csv);
    // Use one thread: several could cut row groups differently, and the same seed must give the
    // same bytes.
    const engine = await openEngine({ ...ENGINE, threads: 1, temporary: join(folder, "spill"), folders: [folder] });
    const columns = CSV_COLUMNS.map((name) => `${literal(name)}: ${literal(TYPES[name] ?? "VARCHAR")}`).join(", ");
    const rows = `select * from read_csv(${literal(csv)}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', columns = {${columns}})`;
    try {
      await engine.run(`copy (${rows}) to ${literal(parquet)} (format parquet, compression zstd)`);
    } finally {
      await engine.close();
    }
    if (path === null) await pipeline(createReadStream(parquet), process.stdout, { end: false });
    else await copyFile(parquet, path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EPIPE") return;
    if (code === undefined || error instanceof BadConfig) throw error;
    throw new BadConfig(`${path ?? "standard output"} cannot be written: ${message}`);
  } finally {
    await removeTemporaryFolder(folder);
  }
}
