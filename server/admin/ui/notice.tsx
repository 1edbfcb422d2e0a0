import type { PropsWithChildren } from "hono/jsx";

/**
 * Confirmation of an action, on the page that its form redirects to. The text is ours, chosen by a
 * code or number in the URL: anyone could craft a text in the URL.
 */
export function Notice({ children }: PropsWithChildren) {
  return (
    <div class="notice" role="status">
      {children}
    </div>
  );
}
