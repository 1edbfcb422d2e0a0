import { diffWordsWithSpace } from "diff";

/**
 * A part of a changed text: in both, only in the earlier, or only in the later; `gap` stands for
 * omitted text.
 */
export interface TextPart {
  readonly kind: "same" | "removed" | "added" | "gap";
  readonly text: string;
}

/** Texts of 10,000 characters with more differences would take longer than 30 ms. */
const MAX_EDITS = 200;
/** Arbitrary: characters of unchanged text shown beside a change. */
const CONTEXT = 80;

/** Differences of two texts, word by word; both as a whole when they have little in common. */
export function textChange(before: string, after: string): TextPart[] {
  const parts = diffWordsWithSpace(before, after, { maxEditLength: MAX_EDITS });
  if (!parts) {
    const whole: TextPart[] = [
      { kind: "removed", text: before },
      { kind: "added", text: after },
    ];
    return whole.filter(({ text }) => text !== "");
  }
  return parts.flatMap(({ value, added, removed }, index): TextPart[] => {
    if (added || removed) return [{ kind: added ? "added" : "removed", text: value }];
    return shorten(value, index === 0 ? 0 : CONTEXT, index === parts.length - 1 ? 0 : CONTEXT);
  });
}

function shorten(text: string, head: number, tail: number): TextPart[] {
  const left = text.length - head - tail;
  if (left <= 2 * CONTEXT) return [{ kind: "same", text }];
  const parts: TextPart[] = [
    { kind: "same", text: text.slice(0, head) },
    { kind: "gap", text: `${left.toLocaleString("en")} characters stay` },
    { kind: "same", text: text.slice(text.length - tail) },
  ];
  return parts.filter(({ text }) => text !== "");
}
