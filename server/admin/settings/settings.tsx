import type { Problem } from "../../../core/parse.ts";
import type { Settings } from "../../../core/settings.ts";
import type { SettingsEntry } from "../../registry/history-entry.ts";
import { settingsChanges } from "../history/settings-changes.ts";
import { CsrfField } from "../ui/csrf-field.tsx";
import { problemWords } from "../ui/errors.tsx";
import { Layout } from "../ui/layout.tsx";
import { Notice } from "../ui/notice.tsx";
import { pageContext } from "../ui/page-context.ts";
import { Time } from "../ui/time.tsx";

/** The holdout's form as submitted. */
export interface HoldoutForm {
  readonly holdout: "none" | "some";
  /** A percentage. */
  readonly share: string;
  readonly salt: string;
}

interface Props {
  readonly settings: Settings;
  readonly version: number;
  /** The latest change; null when there was none. */
  readonly last: SettingsEntry | null;
  readonly form: HoldoutForm;
  /** Problems of the form. */
  readonly problems: readonly Problem[];
  /** Consequences of flipping the switch, in sentences. */
  readonly consequences: readonly string[];
  /** Names and values of the server's configuration. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** The change that was just made; null when the page was only opened. */
  readonly done: SettingsEntry | null;
}

/** The global switch, the holdout, the logins, and the server's configuration. */
export function SettingsPage(props: Props) {
  const { facts, done } = props;
  return (
    <Layout title="Settings" section="settings" notice={done && <Done entry={done} />}>
      <h1>Settings</h1>
      <GlobalSwitch {...props} />
      <Holdout {...props} />
      {!pageContext().isDemo && <Logins />}
      {pageContext().who?.role === "admin" && <Data />}
      <section class="card" aria-labelledby="server">
        <h2 id="server">The server</h2>
        <dl class="facts">
          {facts.map(([name, value]) => (
            <div>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </section>
    </Layout>
  );
}

function Done({ entry: { number, before, after } }: { entry: SettingsEntry }) {
  const words = settingsChanges(before, after).map((line) => `${line.words}: ${line.after ?? "none"}`);
  return (
    <Notice>
      <p>
        Saved. {words.join(". ")}. It is <a href={`/experiments/history#change-${number}`}>change {number}</a>.
      </p>
    </Notice>
  );
}

function GlobalSwitch({ settings: { enabled }, version, last, consequences }: Props) {
  return (
    <section class="card" aria-labelledby="switch">
      <div class="heading">
        <h2 id="switch">
          All experiments <OnOff enabled={enabled} />
        </h2>
        <form method="get" action="/experiments/settings/confirm">
          <input type="hidden" name="enabled" value={String(!enabled)} />
          <input type="hidden" name="version" value={String(version)} />
          <button type="submit" class={enabled ? "danger" : "primary"} aria-describedby="switch-consequences">
            {enabled ? "Stop all" : "Start all"}
          </button>
        </form>
      </div>
      {last && (
        <p class="detail">
          Settings last changed <Time at={last.at} /> by {last.by}.
        </p>
      )}
      <div id="switch-consequences">
        <p class="detail">When you {enabled ? "stop" : "start"} all:</p>
        <ul class="consequences">
          {consequences.map((sentence) => (
            <li>{sentence}</li>
          ))}
        </ul>
      </div>
    </section>
  );
}

function OnOff({ enabled }: { enabled: boolean }) {
  return (
    <span class={enabled ? "badge good" : "badge bad"}>
      <svg viewBox="0 0 12 12" aria-hidden="true">
        <path d={enabled ? "M2 1l9 5-9 5z" : "M2 2h8v8H2z"} />
      </svg>
      {enabled ? "On" : "Off"}
    </span>
  );
}

function Holdout({ version, form, problems }: Props) {
  const about = (field: string) => problems.find((problem) => problem.field === field);
  const share = about("holdout.share");
  const salt = about("holdout.salt");
  const others = problems.filter((problem) => problem !== share && problem !== salt);
  return (
    <section class="card" aria-labelledby="holdout">
      <h2 id="holdout">Holdout</h2>
      <p>
        A share of the visitors may be kept out of all experiments. They see what every visitor would see without tests,
        so that the effect of all tests together can be measured.
      </p>
      {problems.length > 0 && (
        <div class="errors" role="alert">
          <h2>Nothing was changed.</h2>
          <ul>
            {share && (
              <li>
                <a href="#share">Share: {problemWords(share)}</a>
              </li>
            )}
            {salt && (
              <li>
                <a href="#salt">Salt: {problemWords(salt)}</a>
              </li>
            )}
            {others.map((problem) => (
              <li>
                {problem.field}: {problemWords(problem)}
              </li>
            ))}
          </ul>
        </div>
      )}
      <form method="get" action="/experiments/settings/confirm">
        <input type="hidden" name="version" value={String(version)} />
        <fieldset>
          <legend class="hidden">Who is held out</legend>
          <p class="choice">
            <input id="holdout-none" type="radio" name="holdout" value="none" checked={form.holdout === "none"} />
            <label for="holdout-none">Nobody: every visitor takes part</label>
          </p>
          <p class="choice">
            <input id="holdout-some" type="radio" name="holdout" value="some" checked={form.holdout === "some"} />
            <label for="holdout-some">A share of the visitors</label>
          </p>
          <div class="holdout-fields">
            <div class="field">
              <label for="share">Share in percent</label>
              <input
                id="share"
                name="share"
                inputmode="decimal"
                autocomplete="off"
                value={form.share}
                aria-describedby="share-hint"
                aria-invalid={share ? "true" : undefined}
              />
              <p class="hint" id="share-hint">
                0 to 100, such as 5 or 0.5. A larger share keeps who is held out already.
              </p>
            </div>
            <div class="field">
              <label for="salt">Salt</label>
              <input
                id="salt"
                name="salt"
                autocomplete="off"
                maxlength={256}
                value={form.salt}
                aria-describedby="salt-hint"
                aria-invalid={salt ? "true" : undefined}
              />
              <p class="hint" id="salt-hint">
                Another text draws other devices: a new one for each period that is to be measured.
              </p>
            </div>
          </div>
        </fieldset>
        <button type="submit">Review changes</button>
      </form>
    </section>
  );
}

function Data() {
  return (
    <section class="card" aria-labelledby="data">
      <h2 id="data">Data</h2>
      <p>
        <a href="/experiments/settings/data">Data: forget a visitor, archive old events</a>
      </p>
    </section>
  );
}

function Logins() {
  return (
    <section class="card" aria-labelledby="logins">
      <h2 id="logins">Logins</h2>
      <p id="logins-hint">
        Ends the sessions of all browsers, of this one, too: everybody logs in again. Programs that send a token go on;
        to shut them out, revoke the token, or start the server with another <code>FAIRSPLIT_ADMIN_TOKEN</code>.
      </p>
      <p>
        <a href="/experiments/settings/access">Access: named tokens and their roles</a>
      </p>
      <form method="post" action="/experiments/settings/log-out">
        <CsrfField />
        <button type="submit" aria-describedby="logins-hint">
          Log out everywhere
        </button>
      </form>
    </section>
  );
}
