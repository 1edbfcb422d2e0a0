import { raw } from "hono/html";
import type { Child, PropsWithChildren } from "hono/jsx";
import { CsrfField } from "./csrf-field.tsx";
import { pageContext } from "./page-context.ts";

/** Entries of the navigation: a page's `section`, path, label. */
const SECTIONS = [
  ["experiments", "/experiments", "Experiments"],
  ["history", "/experiments/history", "History"],
  ["install", "/experiments/install", "Install"],
  ["settings", "/experiments/settings", "Settings"],
  ["force", "/experiments/force", "Preview"],
  ["docs", "/docs", "API docs"],
] as const;

export type Section = (typeof SECTIONS)[number][0];

interface Props {
  readonly title: string;
  /** The page's entry in the navigation; left out when it has none. */
  readonly section?: Section;
  /** A `Notice` of a completed action. */
  readonly notice?: Child;
  /** URL of a client-side redirect. */
  readonly refreshTo?: string | null;
  /** Seconds before that; default 0. */
  readonly refreshAfterS?: number;
}

/** Layout of every admin page. `/admin.js` is optional: everything works without it. */
export function Layout({
  title,
  section,
  notice = null,
  refreshTo = null,
  refreshAfterS = 0,
  children,
}: PropsWithChildren<Props>) {
  const { isDemo, csrf, alarms, who } = pageContext();
  return (
    <>
      {/* Without it browsers lay the page out as in the nineties. */}
      {raw("<!doctype html>")}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          {refreshTo !== null && <meta http-equiv="refresh" content={`${refreshAfterS}; url=${refreshTo}`} />}
          {csrf !== null && <meta name="csrf-token" content={csrf} />}
          <title>{`${title} · fairsplit`}</title>
          <link rel="icon" href="data:," />
          <link rel="stylesheet" href="/admin.css" />
          <script src="/admin.js" defer></script>
        </head>
        <body data-role={who?.role}>
          <a class="skip" href="#main">
            Skip to the content
          </a>
          <header class="top">
            <a class="brand" href="/experiments">
              fairsplit
            </a>
            {csrf !== null && <Navigation section={section} isDemo={isDemo} />}
            {csrf !== null && !isDemo && (
              <form class="logout" method="post" action="/logout">
                <CsrfField />
                {who !== null && who.name !== "admin" && (
                  <span class="detail">
                    {who.name}, {who.role}
                  </span>
                )}
                <button type="submit" class="quiet">
                  Log out
                </button>
              </form>
            )}
          </header>
          {isDemo && (
            <aside class="banner" aria-label="Demo mode">
              Demo mode: anyone on this computer can open these pages without a login. For a real site run{" "}
              <code>fairsplit serve</code>.
            </aside>
          )}
          {csrf !== null &&
            alarms.map((text) => (
              <div class="banner alarm" role="alert">
                {text} <a href="/experiments/settings">Settings</a>
              </div>
            ))}
          <main id="main" tabindex={-1}>
            {notice}
            {children}
          </main>
        </body>
      </html>
    </>
  );
}

function Navigation({ section, isDemo }: { section: Section | undefined; isDemo: boolean }) {
  return (
    <nav aria-label="Main">
      <ul>
        {SECTIONS.map(([name, path, words]) => (
          <li>
            <a href={path} aria-current={name === section ? "page" : undefined}>
              {words}
            </a>
          </li>
        ))}
        {isDemo && (
          <li>
            <a href="/">Demo pages</a>
          </li>
        )}
      </ul>
    </nav>
  );
}
