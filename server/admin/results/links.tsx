import type { Experiment } from "../../../core/experiment.ts";
import type { Problem } from "../../../core/parse.ts";
import { MAX_LINK_DAYS, type ReportLink } from "../../auth/report-links.ts";
import { CodeBox } from "../ui/code-box.tsx";
import { CsrfField } from "../ui/csrf-field.tsx";
import { problemWords } from "../ui/errors.tsx";
import { Layout } from "../ui/layout.tsx";
import { Notice } from "../ui/notice.tsx";
import { Time } from "../ui/time.tsx";

/** A link that was just made. */
export interface CreatedLink {
  readonly url: string;
  readonly expiresAt: string;
}

interface Props {
  readonly experiment: Experiment;
  readonly links: readonly ReportLink[];
  /** Lifetime in the form, as submitted. */
  readonly days: string;
  readonly problems: readonly Problem[];
  readonly created: CreatedLink | null;
}

/** Links that show an experiment's report without a login. */
export function LinksPage({ experiment: { key, title }, links, days, problems, created }: Props) {
  const [problem] = problems;
  return (
    <Layout title={`Share the results of ${title}`} section="experiments">
      <div class="heading">
        <h1>Share the results of {title}</h1>
        <div class="actions">
          <a class="button" href={`/experiments/${key}/results`}>
            Results
          </a>
        </div>
      </div>
      <p>A link shows the present report of this experiment to anybody who has it, without a login and nothing else.</p>
      {created && (
        <Notice>
          <p>
            This is the link, valid until <Time at={created.expiresAt} />. It is shown once: copy it now.
          </p>
          <CodeBox id="new-link" code={created.url} name="Link" />
        </Notice>
      )}
      <section class="card" aria-labelledby="links">
        <h2 id="links">Links</h2>
        {links.length === 0 && <p>There is none.</p>}
        <ul class="grants">
          {links.map(({ id, createdAt, createdBy, expiresAt }) => (
            <li>
              <span>
                Until <Time at={expiresAt} />
              </span>
              <span class="detail">
                made <Time at={createdAt} /> by {createdBy}
              </span>
              <form method="post" action={`/experiments/${key}/links/revoke`}>
                <CsrfField />
                <input type="hidden" name="id" value={id} />
                <button type="submit" class="danger" aria-label={`Revoke the link made by ${createdBy}, ${createdAt}`}>
                  Revoke
                </button>
              </form>
            </li>
          ))}
        </ul>
      </section>
      <section class="card" aria-labelledby="new">
        <h2 id="new">New link</h2>
        <form method="post" action={`/experiments/${key}/links`}>
          <CsrfField />
          <div class="field">
            <label for="days">Valid for, in days</label>
            <input
              id="days"
              name="days"
              inputmode="numeric"
              autocomplete="off"
              value={days}
              aria-describedby={problem ? "days-error days-hint" : "days-hint"}
              aria-invalid={problem ? "true" : undefined}
            />
            {problem && (
              <p class="error" id="days-error" role="alert">
                {problemWords(problem)}
              </p>
            )}
            <p class="hint" id="days-hint">
              1 to {MAX_LINK_DAYS}.
            </p>
          </div>
          <button type="submit" class="primary">
            Make a link
          </button>
        </form>
      </section>
    </Layout>
  );
}
