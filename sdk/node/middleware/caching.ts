const OWN = "private, no-store";

/** Whether a cache that visitors share may keep a response with this Cache-Control. */
export function isShared(control: string | null | undefined): boolean {
  const text = control ?? "";
  return /\b(?:public|s-maxage|max-age=0*[1-9])/i.test(text) && !/\b(?:private|no-store)\b/i.test(text);
}

/** Cache-Control of a page that has a visitor's groups in it: no other visitor may get it. */
export function ownCaching(control: string | null | undefined): string {
  return control && !isShared(control) ? control : OWN;
}
