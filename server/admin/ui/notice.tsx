import type { PropsWithChildren } from "hono/jsx";

/**
 * What has just been done, on the page that a form's answer redirects to. Words come from us, chosen by a code or a number
 * in the URL: a text from there would be anybody's.
 */
export function Notice({ children }: PropsWithChildren) {
  return (
    <div class="notice" role="status">
      {children}
    </div>
  );
}
