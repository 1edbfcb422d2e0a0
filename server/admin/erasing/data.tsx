import { MAX_UNIT_ID_LENGTH } from "../../../core/assign.ts";
import type { Problem } from "../../../core/parse.ts";
import { type Erasures, wordsOf } from "../../retention/erasures.ts";
import { CsrfField } from "../ui/csrf-field.tsx";
import { problemWords } from "../ui/errors.tsx";
import { Layout } from "../ui/layout.tsx";
import { Time } from "../ui/time.tsx";

export interface DataProps {
  readonly erasures: Pick<Erasures, "archiveTo" | "pending" | "outcomes">;
  /** The forms as submitted. */
  readonly form: { readonly unit: string; readonly before: string };
  readonly problems: readonly Problem[];
}

/** Page that takes visitors and old events out of the log. */
export function DataPage({ erasures, form, problems }: DataProps) {
  const pending = erasures.pending();
  const isWorking = pending.some(({ error }) => error === null);
  return (
    <Layout
      title="Data"
      section="settings"
      refreshTo={isWorking ? "/experiments/settings/data" : null}
      refreshAfterS={REFRESH_S}
    >
      <h1>Data</h1>
      <p>
        Takes events out of the log while the server runs. What is asked for here is finished by the next start if the
        server stops before it is done, and the history says that it was done, without the ID.
      </p>
      {(pending.length > 0 || erasures.outcomes().length > 0) && <Progress erasures={erasures} />}
      <Forget unit={form.unit} problem={problems.find(({ field }) => field === "unit")} />
      <Archive
        before={form.before}
        to={erasures.archiveTo}
        problem={problems.find(({ field }) => field === "before" || field === "archive")}
      />
      <p>
        <a href="/experiments/settings">Settings</a>
      </p>
    </Layout>
  );
}

/** Seconds after which the page is loaded again while something is being done. */
const REFRESH_S = 3;

function Progress({ erasures }: Pick<DataProps, "erasures">) {
  return (
    <section class="card" aria-labelledby="progress">
      <h2 id="progress">Asked for</h2>
      <ul class="erasures">
        {erasures.pending().map(({ erasure, error }) => (
          <li>
            <strong>{wordsOf(erasure)}</strong>
            {error === null ? (
              <span>in progress</span>
            ) : (
              <span role="alert">not finished, and tried again every minute: {error}</span>
            )}
            <span class="detail">
              asked for <Time at={erasure.at} /> by {erasure.by}
            </span>
          </li>
        ))}
        {erasures.outcomes().map(({ at, text, isError }) => (
          <li>
            <span role={isError ? "alert" : undefined}>{text}</span>
            <span class="detail">
              <Time at={at} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Refused({ field, problem }: { field: string | null; problem: Problem | undefined }) {
  if (!problem) return null;
  const words = problemWords(problem);
  return (
    <div class="errors" role="alert">
      <h2>Nothing was changed.</h2>
      <p>{field === null ? words : <a href={`#${field}`}>{words}</a>}</p>
    </div>
  );
}

function Forget({ unit, problem }: { unit: string; problem: Problem | undefined }) {
  return (
    <section class="card" aria-labelledby="forget">
      <h2 id="forget">Forget a visitor</h2>
      <Refused field="unit" problem={problem} />
      <form method="post" action="/experiments/settings/data/forget">
        <CsrfField />
        <div class="field">
          <label for="unit">Device ID or account ID</label>
          <input
            id="unit"
            name="unit"
            required
            maxlength={MAX_UNIT_ID_LENGTH}
            autocomplete="off"
            spellcheck={false}
            value={unit}
            aria-describedby="unit-hint"
            aria-invalid={problem ? "true" : undefined}
          />
          <p class="hint" id="unit-hint">
            As the events have it. The next page says what is removed, and asks again.
          </p>
        </div>
        <button type="submit">Continue</button>
      </form>
    </section>
  );
}

function Archive({ before, to, problem }: { before: string; to: string | null; problem: Problem | undefined }) {
  return (
    <section class="card" aria-labelledby="archive">
      <h2 id="archive">Archive old events</h2>
      <Refused field={to === null ? null : "before"} problem={problem} />
      {to === null ? (
        <p>
          No folder is configured for the archive: start the server with <code>FAIRSPLIT_ARCHIVE</code>, or run{" "}
          <code>fairsplit archive</code> while it is stopped.
        </p>
      ) : (
        <form method="post" action="/experiments/settings/data/archive">
          <CsrfField />
          <div class="field">
            <label for="before">Received before</label>
            <input
              id="before"
              name="before"
              type="date"
              required
              value={before}
              aria-describedby="before-hint"
              aria-invalid={problem ? "true" : undefined}
            />
            <p class="hint" id="before-hint">
              Whole segments of the log move to <code>{to}</code>. What a running or paused experiment needs stays, and
              results of the others are read from there.
            </p>
          </div>
          <button type="submit">Archive</button>
        </form>
      )}
    </section>
  );
}

interface ConfirmProps {
  readonly unit: string;
  /** The ID as entered, with the spaces around it, which an ID may have. */
  readonly given: string;
}

/** Says what forgetting a visitor removes, and asks for confirmation. */
export function ConfirmForgetPage({ unit, given }: ConfirmProps) {
  return (
    <Layout title="Forget this visitor?" section="settings">
      <h1>Forget this visitor?</h1>
      <div class="card">
        <p>
          <code class="id">{unit}</code>
          {given !== unit && " – and the same ID with the spaces that you entered around it"}
        </p>
        <ul class="consequences">
          <li>
            Every event with this device ID or account ID is removed: from the log, its copies and its journal, the
            archive, and the rejected events.
          </li>
          <li>Results count without them from then on. Reports and exports that others made stay as they are.</li>
          <li>
            What this visitor sends from now on is stored as that of a new one, unless its browser forgets the ID.
          </li>
          <li>It cannot be undone.</li>
        </ul>
        <form method="post" action="/experiments/settings/data/forget">
          <CsrfField />
          <input type="hidden" name="unit" value={unit} />
          {given !== unit && <input type="hidden" name="given" value={given} />}
          <input type="hidden" name="confirmed" value="yes" />
          <div class="actions">
            <button type="submit" class="danger">
              Forget this visitor
            </button>
            <a href="/experiments/settings/data">Cancel</a>
          </div>
        </form>
      </div>
    </Layout>
  );
}
