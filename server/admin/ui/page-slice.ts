/** Rows on a page of a table. */
const PAGE_ROWS = 50;

/** One page of a list. */
export interface PageSlice<Item> {
  readonly items: readonly Item[];
  /** Number of the page, from 1. */
  readonly page: number;
  readonly pages: number;
  /** Number of all items. */
  readonly total: number;
}

/**
 * The page of a list that an address asks for: the last one instead of one beyond it, the first
 * one instead of text that is no number.
 */
export function pageSlice<Item>(all: readonly Item[], asked?: string): PageSlice<Item> {
  const { page, pages, start, end } = pageOf(all.length, asked);
  return { items: all.slice(start, end), page, pages, total: all.length };
}

/** The same for a list that is only counted; `end` is behind its last row. */
export function pageOf(total: number, asked = "") {
  const pages = Math.max(1, Math.ceil(total / PAGE_ROWS));
  const page = Math.min(pages, /^[1-9]\d{0,8}$/.test(asked) ? Number(asked) : 1);
  return { page, pages, start: (page - 1) * PAGE_ROWS, end: Math.min(total, page * PAGE_ROWS) };
}
