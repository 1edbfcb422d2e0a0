import type { ChangedField } from "./changed-fields.ts";

interface Props {
  readonly caption: string;
  readonly changes: readonly ChangedField[];
  readonly headings?: readonly [before: string, after: string];
}

/** Differences, field by field: before and after. */
export function ChangeTable({ caption, changes, headings: [before, after] = ["Before", "After"] }: Props) {
  return (
    <table class="changes stack">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">{before}</th>
          <th scope="col">{after}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr>
            <th scope="row">{change.words}</th>
            <td data-label={before}>
              <Value text={change.before} />
            </td>
            <td data-label={after}>
              <Value text={change.after} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Value({ text }: { text: string | null }) {
  if (text === null) return <span class="detail">not there</span>;
  return text === "" ? <span class="detail">empty</span> : <span class="value">{text}</span>;
}
