import type { VerdictKind } from "../../../core/report/decision.ts";
import type { Report } from "../../../core/report/report.ts";
import { unbroken } from "../ui/format.ts";

/** Colours and shapes beside the words, which suffice alone. */
const LOOKS = {
  waiting: { look: "", shape: "M2 2h8v8H2z" },
  early: { look: "", shape: "M2 2h8v8H2z" },
  unclear: { look: "", shape: "M1 3h10v2H1zM1 7h10v2H1z" },
  ahead: { look: "note", shape: "M6 0l6 6-6 6-6-6z" },
  better: { look: "good", shape: "M6 1l5 10H1z" },
  worse: { look: "bad", shape: "M6 11L1 1h10z" },
  untrusted: { look: "bad", shape: "M6 0l6 12H0z" },
} as const satisfies Record<VerdictKind, { look: string; shape: string }>;

/** The report's verdict, its reasons, and the progress. */
export function ResultsVerdict({ verdict, progress, guardrails }: Pick<Report, "verdict" | "progress" | "guardrails">) {
  const { look, shape } = LOOKS[verdict.kind];
  const more = progress.sentences.filter((sentence) => !verdict.sentences.includes(sentence));
  // A harmed guardrail is already among the verdict's sentences.
  const guards = guardrails.map(({ text }) => text).filter((text) => !verdict.sentences.includes(text));
  return (
    <div class={`card verdict${look === "" ? "" : ` verdict-${look}`}`}>
      <p class="words">
        <svg viewBox="0 0 12 12" aria-hidden="true">
          <path d={shape} />
        </svg>
        <strong>{verdict.words}</strong>
      </p>
      {verdict.sentences.length > 0 && <p>{unbroken(verdict.sentences.join(" "))}</p>}
      {progress.share !== null && (
        <progress value={progress.share.toFixed(4)} max="1" aria-label="Planned visitors so far" />
      )}
      {more.length > 0 && <p class="detail">{unbroken(more.join(" "))}</p>}
      <Notes notes={[...guards, ...verdict.notes]} />
    </div>
  );
}

function Notes({ notes }: { notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <ul class="notes">
      {notes.map((note) => (
        <li>{unbroken(note)}</li>
      ))}
    </ul>
  );
}

/** The verdict's words, for little room. */
export function VerdictBadge({ verdict: { kind, words } }: { verdict: Report["verdict"] }) {
  const { look, shape } = LOOKS[kind];
  return (
    <span class={`badge wraps ${look}`}>
      <svg viewBox="0 0 12 12" aria-hidden="true">
        <path d={shape} />
      </svg>
      <span>{words}</span>
    </span>
  );
}
