import type { Experiment } from "../../../core/experiment.ts";
import type { Standing } from "../../../core/rehearsal/standing.ts";
import { shellWord } from "../../../core/shell-word.ts";
import { MAX_REASON_CHARACTERS } from "../../registry/history-entry.ts";
import type { RehearsalHead } from "../../rehearsals/store.ts";
import { CodeBox } from "../ui/code-box.tsx";
import { Time } from "../ui/time.tsx";

/** What the page of an experiment shows of its rehearsals. */
export interface ShownRehearsal {
  readonly head: RehearsalHead | null;
  readonly standing: Standing;
  /** Whether a start without a rehearsal that passed needs a reason: not in the demo. */
  readonly isAskedFor: boolean;
  /** Base URL of this server, for the command. */
  readonly origin: string;
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
