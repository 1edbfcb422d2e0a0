import { raw } from "hono/html";
import type { PropsWithChildren } from "hono/jsx";

/** The frame of every admin page. */
export function Layout({ title, isDemo, children }: PropsWithChildren<{ title: string; isDemo: boolean }>) {
  return (
    <>
      {/* Without it browsers lay the page out as in the nineties. */}
      {raw("<!doctype html>")}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>{`${title} · fairsplit`}</title>
          <link rel="icon" href="data:," />
          <link rel="stylesheet" href="/admin.css" />
        </head>
        <body>
          <header class="top">
            <a class="brand" href="/experiments">
              fairsplit
            </a>
            <nav aria-label="Main">
              <a href="/experiments" aria-current="page">
                Experiments
              </a>
              {isDemo && <a href="/">Demo pages</a>}
            </nav>
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
