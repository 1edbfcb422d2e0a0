/**
 * Removes the number of an announced change from the address: a reload or copy should not announce
 * it again.
 */
export function cleanAddress(): void {
  const address = new URL(location.href);
  if (!address.searchParams.has("change")) return;
  address.searchParams.delete("change");
  history.replaceState(null, "", address);
}
