/** Takes the number of the change that a page has told of out of its address: a reload or a copy of it should not tell again. */
export function cleanAddress(): void {
  const address = new URL(location.href);
  if (!address.searchParams.has("change")) return;
  address.searchParams.delete("change");
  history.replaceState(null, "", address);
}
