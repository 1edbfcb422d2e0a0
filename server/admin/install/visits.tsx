import type { Experiment } from "../../../core/experiment.ts";
import type { RecentVisits, Seen } from "../../events/recent-visits.ts";

interface Props {
  /** Start of the observed period: time, and log position as in URLs. */
  readonly listening: { readonly at: string; readonly since: string };
  /** ISO 8601 time of the answer. */
  readonly now: string;
  readonly visits: RecentVisits;
  readonly experiments: readonly Experiment[];
  /** The enclosing page, with its query. */
  readonly path: string;
}

/**
 * Visits since the page was opened. The page's script requests it again and replaces the parts with
 * `data-live`; without a script the link does.
 */
export function Visits(props: Props) {
  const { listening, now, path } = props;
  const query = new URLSearchParams({ since: listening.since, at: listening.at });
  // No fragment: following a link to the page itself would then load nothing.
  const again = `${path}${path.includes("?") ? "&" : "?"}${query}`;
  return (
    <section class="card visits" aria-labelledby="visits" data-visits={`/experiments/install/visits?${query}`}>
      <h2 id="visits">Check the installation</h2>
      <div role="status" data-live="state">
        <State {...props} />
      </div>
      <div data-live="placeholders">
        <Placeholders {...props} />
      </div>
      <p class="detail check-again">
        As of <Clock at={now} />. <a href={again}>Check again</a>
      </p>
      <p class="detail">
        Only visits count that began after <Clock at={listening.at} />: not bots, previews, runs of the simulator, or
        pages that were open before. <a href={path}>Start over</a>
      </p>
    </section>
  );
}

function State({ visits: { page, isAsked } }: Props) {
  if (page) {
    return (
      <>
        <Badge kind="good" shape="M1 6l4 4 6-8" words="Connected" />
        <p>
          The tag works. It was last seen on <Place seen={page} />.
        </p>
      </>
    );
  }
  return (
    <>
      <Badge kind="note" shape="M6 1a5 5 0 1 0 .01 0M6 3.5v3l2 1.5" words="Listening…" />
      {isAsked ? (
        <p>
          Groups were requested, but no page view has been reported. Check the browser's console: is{" "}
          <code>/events</code> blocked, or was it a program?
        </p>
      ) : (
        <p>Open a page of your site that has the tag, in another tab.</p>
      )}
    </>
  );
}

function Badge({ kind, shape, words }: { kind: "good" | "note"; shape: string; words: string }) {
  return (
    <p>
      <span class={`badge ${kind}`}>
        <svg class="stroke" viewBox="0 0 12 12" aria-hidden="true">
          <path d={shape} />
        </svg>
        {words}
      </span>
    </p>
  );
}

function Placeholders({ visits: { placeholders }, experiments }: Props) {
  const known = new Set(experiments.map(({ key }) => key));
  const seen = [...placeholders].filter(([key]) => known.has(key));
  const unknown = [...placeholders].filter(([key]) => !known.has(key));
  const missing = experiments.filter(({ key, state }) => state === "active" && !placeholders.has(key));
  if (seen.length + unknown.length + missing.length === 0) {
    return <p class="detail">No experiment is running, so no placeholder can be seen yet.</p>;
  }
  return (
    <>
      <h3>Placeholders</h3>
      <ul class="placeholders">
        {unknown.map(([key, where]) => (
          <li>
            <span class="badge bad">No experiment</span> <code>{key}</code>
            <span class="detail">
              on <Place seen={where} />: no experiment has this key
            </span>
          </li>
        ))}
        {seen.map(([key, where]) => (
          <li>
            <span class="badge good">Seen</span> <code>{key}</code>
            <span class="detail">
              on <Place seen={where} />
            </span>
          </li>
        ))}
        {missing.map(({ key, routes }) => (
          <li>
            <span class="badge">Not seen</span> <code>{key}</code>
            <span class="detail">
              is running{routes.length > 0 && `, for ${routes.join(", ")} only`}; no visit has shown it yet
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Place({ seen: { path, at } }: { seen: Seen }) {
  return (
    <>
      {path === "" ? "a page" : <code>{path}</code>} at <Clock at={at} />
    </>
  );
}

function Clock({ at }: { at: string }) {
  return <time datetime={at}>{at.slice(11, 19)} UTC</time>;
}
