import { nodesOf } from "./html.ts";
import { safely } from "./safely.ts";

/**
 * Inserts nodes, of which some may be scripts: these run at once, and their `document.write` would
 * replace the whole page. Meanwhile it writes before the script, as where a parser meets it.
 */
export function insertWithWrites(insert: () => void): void {
  const { write, writeln } = document;
  // A script may write an element in parts.
  const texts = new Map<HTMLElement | null, string>();
  document.write = document.writeln = (...parts: unknown[]) => {
    const script = document.currentScript as HTMLElement | null;
    texts.set(script, (texts.get(script) || "") + parts.join(""));
  };
  try {
    insert();
  } finally {
    document.write = write;
    document.writeln = writeln;
  }
  for (const [script, text] of texts) safely(() => script?.before(...nodesOf(script.parentElement as Element, text)));
}
