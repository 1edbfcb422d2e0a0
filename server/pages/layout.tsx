import { raw } from "hono/html";
import type { PropsWithChildren } from "hono/jsx";
import { CsrfField } from "./csrf-field.tsx";

interface Props {
  readonly title: string;
  readonly isDemo: boolean;
  /** `c.get("csrf")`, for the log-out form and for scripts (`meta[name=csrf-token]`); null where nobody is logged in. */
  readonly csrf: string | null;
  /** Where the browser is to go at once by itself. */
  readonly refreshTo?: string | null;
}

/** The frame of every admin page. */
export function Layout({ title, isDemo, csrf, refreshTo = null, children }: PropsWithChildren<Props>) {
  return (
    <>
      {/* Without it browsers lay the page out as in the nineties. */}
      {raw("<!doctype html>")}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          {refreshTo !== null && <meta http-equiv="refresh" content={`0; url=${refreshTo}`} />}
          {csrf !== null && <meta name="csrf-token" content={csrf} />}
          <title>{`${title} · fairsplit`}</title>
          <link rel="icon" href="data:," />
          <link rel="stylesheet" href="/admin.css" />
        </head>
        <body>
          <header class="top">
            <a class="brand" href="/experiments">
              fairsplit
            </a>
            {csrf !== null && (
              <nav aria-label="Main">
                <a href="/experiments" aria-current="page">
                  Experiments
                </a>
                {isDemo && <a href="/">Demo pages</a>}
              </nav>
            )}
            {csrf !== null && !isDemo && (
              <form class="logout" method="post" action="/logout">
                <CsrfField token={csrf} />
                <button type="submit">Log out</button>
              </form>
            )}
          </header>
          {isDemo && (
            <aside class="banner" aria-label="Demo mode">
              Demo mode: anyone on this computer can open these pages without a login. For a real site run{" "}
              <code>fairsplit serve</code>.
            </aside>
          )}
          <main>{children}</main>
        </body>
      </html>
    </>
  );
}
