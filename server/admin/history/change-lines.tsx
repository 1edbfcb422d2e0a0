import { textChange } from "./text-change.ts";

/** A changed field in words; null where it has no value. */
export interface ChangeLine {
  readonly words: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Arbitrary: longer texts, or those with more lines, are folded. */
const MAX_SHOWN = { characters: 160, lines: 4 } as const;
/** Arbitrary: of longer texts only the changed words are shown. */
const MAX_VALUE_LENGTH = 40;

/** Changes, a line for each field. `isWhole` omits a missing value before or after. */
export function ChangeLines({ changes, isWhole = false }: { changes: readonly ChangeLine[]; isWhole?: boolean }) {
  return (
    <dl class="change-lines">
      {changes.map((change) => (
        <div>
          <dt>{change.words}</dt>
          <dd>
            {isWhole ? (
              <Whole text={change.after ?? change.before} />
            ) : isLong(change.before) || isLong(change.after) ? (
              <LongChange {...change} />
            ) : isSentence(change.before) && isSentence(change.after) ? (
              <span class="text-change">
                <TextChange {...change} />
              </span>
            ) : (
              <ShortChange {...change} />
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function isLong(text: string | null): boolean {
  if (text === null) return false;
  return text.length > MAX_SHOWN.characters || text.split("\n").length > MAX_SHOWN.lines;
}

function isSentence(text: string | null): boolean {
  return text !== null && text.length > MAX_VALUE_LENGTH;
}

function Whole({ text }: { text: string | null }) {
  if (!isLong(text)) return <Value text={text} />;
  return (
    <details>
      <summary>{characters(text)}</summary>
      <pre class="text-change">{text}</pre>
    </details>
  );
}

function ShortChange({ before, after }: ChangeLine) {
  return (
    <>
      <del>
        <span class="hidden">before: </span>
        <Value text={before} />
      </del>{" "}
      <span class="arrow" aria-hidden="true">
        →
      </span>{" "}
      <ins>
        <span class="hidden">after: </span>
        <Value text={after} />
      </ins>
    </>
  );
}

function Value({ text }: { text: string | null }) {
  if (text === null) return <span class="nothing">none</span>;
  return text === "" ? <span class="nothing">empty</span> : <span>{text}</span>;
}

function LongChange(change: ChangeLine) {
  return (
    <details>
      <summary>{lengths(change.before, change.after)}</summary>
      <pre class="text-change">
        <TextChange {...change} />
      </pre>
    </details>
  );
}

function TextChange({ before, after }: ChangeLine) {
  return (
    <>
      {textChange(before ?? "", after ?? "").map(({ kind, text }) => {
        if (kind === "removed") return <del>{text}</del>;
        if (kind === "added") return <ins>{text}</ins>;
        return kind === "gap" ? <span class="gap">{`⋯ ${text} ⋯`}</span> : text;
      })}
    </>
  );
}

function lengths(before: string | null, after: string | null): string {
  if (before === null) return `Added, ${characters(after)}`;
  return after === null
    ? `Removed, ${characters(before)}`
    : `${before.length.toLocaleString("en")} → ${characters(after)}`;
}

function characters(text: string | null): string {
  return `${(text ?? "").length.toLocaleString("en")} characters`;
}
