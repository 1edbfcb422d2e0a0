/** A name in a query. */
export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
