interface Props {
  /** Says what the pages are of. */
  readonly of: string;
  /** Number of the shown page, from 1. */
  readonly page: number;
  readonly pages: number;
  readonly hrefOf: (page: number) => string;
}

/** Links to the pages before and after; nothing for a single page. */
export function PagesNav({ of, page, pages, hrefOf }: Props) {
  if (pages <= 1) return null;
  return (
    <nav class="pages" aria-label={`Pages of ${of}`}>
      {page > 1 ? (
        <a rel="prev" href={hrefOf(page - 1)}>
          Previous page
        </a>
      ) : null}
      <span>
        Page {page} of {pages}
      </span>
      {page < pages ? (
        <a rel="next" href={hrefOf(page + 1)}>
          Next page
        </a>
      ) : null}
    </nav>
  );
}
