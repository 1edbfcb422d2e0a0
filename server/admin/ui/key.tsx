/** An experiment's key, which wraps after its separators instead of within a word. */
export const Key = ({ of }: { of: string }) => (
  <code>
    {of.split(/(?<=[_.-])/).map((part) => (
      <>
        {part}
        <wbr />
      </>
    ))}
  </code>
);
