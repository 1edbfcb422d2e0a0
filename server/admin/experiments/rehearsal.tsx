import type { Experiment } from "../../../core/experiment.ts";
import type { Standing } from "../../../core/rehearsal/standing.ts";
import { shellWord } from "../../../core/shell-word.ts";
import { MAX_REASON_CHARACTERS } from "../../registry/history-entry.ts";
import type { RehearsalRunner } from "../../rehearsals/runner.ts";
import type { RehearsalHead } from "../../rehearsals/store.ts";
import { CodeBox } from "../ui/code-box.tsx";
import { CsrfField } from "../ui/csrf-field.tsx";
import { Time } from "../ui/time.tsx";

/** Section of an experiment's page about its rehearsals. */
export interface ShownRehearsal {
  readonly head: RehearsalHead | null;
  readonly standing: Standing;
  /** Whether a start without a rehearsal that passed needs a reason: not in the demo. */
  readonly isAskedFor: boolean;
  /** Base URL of this server, for the command. */
  readonly origin: string;
  /** Rehearsals by this server; null where no browser is installed. */
  readonly runs: {
    readonly running: ReturnType<RehearsalRunner["running"]>;
    readonly problem: string | null;
  } | null;
}

/** Why no rehearsal speaks for a start. */
const STANDING_WORDS: Readonly<Record<Exclude<Standing, "passed">, string>> = {
  none: "This experiment was not rehearsed",
  changed: "This experiment was changed since its rehearsal",
  failed: "The last rehearsal of this experiment failed",
};

/** The confirmation that a start without a rehearsal needs, in the form that starts. */
export function Override({ standing }: { standing: Standing }) {
  if (standing === "passed") return null;
  return (
    <fieldset class="choices override" id="override">
      <legend>
        {STANDING_WORDS[standing]}. <a href="#rehearsal">Rehearse it</a>, or say why not:
      </legend>
      <label class="choice">
        <input type="checkbox" name="override" value="yes" required />
        <span>Start without a rehearsal that passed</span>
      </label>
      <label for="reason">Reason, for the history</label>
      <input id="reason" name="reason" maxlength={MAX_REASON_CHARACTERS} autocomplete="off" required />
    </fieldset>
  );
}

/** The last rehearsal, and how to make one. */
export function Rehearsal({ experiment: { key }, shown }: { experiment: Experiment; shown: ShownRehearsal }) {
  const { head, standing, origin } = shown;
  const page = head?.page ?? "https://www.example.com/";
  return (
    <>
      <h2 id="rehearsal">Rehearsal</h2>
      {head === null ? (
        <p>Before the start, real browsers visit your page as every group and check it; nothing of it is counted.</p>
      ) : (
        <p>
          <span class={`badge ${head.ok ? "good" : "bad"}`}>{head.ok ? "Passed" : "Failed"}</span>{" "}
          <Time at={head.startedAt} /> on <span class="value">{head.page}</span>
          {head.failed.length > 0 && <>: {head.failed.join(", ")}</>}.{" "}
          <a href={`/experiments/${key}/rehearsal`}>Report with pictures of each group</a>
          {standing === "changed" && <span class="detail"> The experiment was changed since.</span>}
        </p>
      )}
      {shown.runs && <Runs experimentKey={key} runs={shown.runs} page={head?.page ?? ""} />}
      <details>
        <summary>Rehearse it with a command</summary>
        <CodeBox
          id="rehearse-command"
          name="Command"
          code={`npx fairsplit simulate rehearse ${key} --url ${shellWord(page, "linux")} --server ${origin}`}
        />
        <p class="detail">It asks for the admin's token: --token-file, or FAIRSPLIT_ADMIN_TOKEN in the environment.</p>
      </details>
    </>
  );
}

interface RunsProps {
  readonly experimentKey: string;
  readonly runs: NonNullable<ShownRehearsal["runs"]>;
  readonly page: string;
}

/** Rehearsals by the server itself: the one under way, or the form that starts one. */
function Runs({ experimentKey, runs: { running, problem }, page }: RunsProps) {
  if (running?.key === experimentKey) {
    return (
      <p role="status">
        A rehearsal on <span class="value">{running.page}</span> is under way since <Time at={running.startedAt} />; it
        takes a minute or two. <a href={`/experiments/${experimentKey}#rehearsal`}>Look again</a>
      </p>
    );
  }
  if (running) return <p class="detail">Another experiment is being rehearsed; one can be at a time.</p>;
  return (
    <form method="post" action={`/experiments/${experimentKey}/rehearse`} class="card rehearse">
      <CsrfField />
      {problem !== null && (
        <p class="warning" role="status">
          The last rehearsal came to no report: {problem}
        </p>
      )}
      <div class="field">
        <label for="rehearse-page">Page of your site that has the placeholder</label>
        <input id="rehearse-page" name="page" type="url" inputmode="url" value={page} required />
      </div>
      <details>
        <summary>Goals that happen elsewhere</summary>
        <div class="field">
          <label for="rehearse-goals">One per line</label>
          <textarea id="rehearse-goals" name="goals" rows={3} aria-describedby="rehearse-goals-hint" />
          <p class="hint" id="rehearse-goals-hint">
            Such as <code>purchase=/thanks</code>, <code>signup=#form button</code> or <code>purchase=skip</code>
          </p>
        </div>
      </details>
      <p class="actions">
        <button type="submit">Rehearse now</button>
      </p>
    </form>
  );
}
