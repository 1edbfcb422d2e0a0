import { Layout } from "../admin/ui/layout.tsx";

interface Props {
  /** Target after the login. */
  readonly next: string;
  /** Reason for the last failure; null before the first try. */
  readonly error: string | null;
}

/** Form for a token. */
export function LoginPage({ next, error }: Props) {
  return (
    <Layout title="Log in">
      <h1>Log in</h1>
      <form class="login" method="post" action="/login">
        {error !== null && (
          <p class="error" id="login-error" role="alert">
            {error}
          </p>
        )}
        <input type="hidden" name="next" value={next} />
        <label for="token">Token</label>
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="current-password"
          required
          autofocus
          aria-describedby={error === null ? "token-hint" : "login-error token-hint"}
          aria-invalid={error === null ? undefined : "true"}
        />
        <p class="detail" id="token-hint">
          The one that an admin made for you, or the admin token: what <code>FAIRSPLIT_ADMIN_TOKEN</code> was set to. If
          nobody set it, it is in the file <code>admin-token</code> in the server's data folder.
        </p>
        <button type="submit" class="primary">
          Log in
        </button>
      </form>
    </Layout>
  );
}

/** Reloads the login at once. It has no form, which would lose typed text. */
export function ReloadPage({ next }: { next: string }) {
  return (
    <Layout title="Log in" refreshTo={loginPath(next)}>
      <h1>One moment</h1>
      <p>
        <a href={loginPath(next)}>Continue</a>
      </p>
    </Layout>
  );
}

/**
 * Page of a login link. The link itself does not log in, because chat and mail programs open links
 * to preview them.
 */
export function LoginLinkPage({ code }: { code: string }) {
  return (
    <Layout title="Log in">
      <h1>Log in</h1>
      <form class="login" method="post" action="/login">
        <input type="hidden" name="code" value={code} />
        <p>This link logs this browser in, once.</p>
        <button type="submit" class="primary">
          Log in
        </button>
      </form>
    </Layout>
  );
}

function loginPath(next: string): string {
  return `/login?${new URLSearchParams({ next })}`;
}
