/** Belongs into every form that posts to an admin route; `token` is `c.get("csrf")`. */
export function CsrfField({ token }: { token: string }) {
  return <input type="hidden" name="csrf" value={token} />;
}
