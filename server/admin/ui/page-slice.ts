/** Rows on a page of a table. */
export const PAGE_ROWS = 50;

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
export function pageSlice<Item>(all: readonly Item[], asked = ""): PageSlice<Item> {
  const pages = Math.max(1, Math.ceil(all.length / PAGE_ROWS));
  const page = Math.min(pages, /^[1-9]\d{0,8}$/.test(asked) ? Number(asked) : 1);
  return { items: all.slice((page - 1) * PAGE_ROWS, page * PAGE_ROWS), page, pages, total: all.length };
}
