import type { Experiment, State } from "../../../core/experiment.ts";
import type { Group } from "../../../core/group.ts";
import type { Problem } from "../../../core/parse.ts";
import type { SeenNames } from "../../events/seen-names.ts";
import type { Period } from "../../registry/periods.ts";
import { ChangeNotice } from "../history/change-notice.tsx";
import type { ShownChange } from "../history/shown-change.ts";
import { CodeBox } from "../ui/code-box.tsx";
import { CsrfField } from "../ui/csrf-field.tsx";
import { Errors } from "../ui/errors.tsx";
import { percent } from "../ui/format.ts";
import { Layout } from "../ui/layout.tsx";
import { pageContext } from "../ui/page-context.ts";
import { Dot, SplitBar } from "../ui/split.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { Time } from "../ui/time.tsx";
import { ExperimentFacts } from "./experiment-facts.tsx";
import { placeholderCode } from "./placeholder-code.ts";
import { Preview } from "./preview.tsx";
import { PreviewLinks } from "./preview-links.tsx";
import { Override, Rehearsal, type ShownRehearsal } from "./rehearsal.tsx";
import { UnseenGoals } from "./unseen-goals.tsx";

interface Props {
  readonly experiment: Experiment;
  readonly change: ShownChange | null;
  /** The current or last one; undefined where the history does not have it. */
  readonly period?: Period | undefined;
  /** Names recently seen in the log; null where they do not matter. */
  readonly seen?: SeenNames | null;
  readonly rehearsal: ShownRehearsal;
  /** Why a change of the state was rejected. */
  readonly problems?: readonly Problem[];
}

/** One experiment: its state, possible actions, its groups, and its definition. */
export function ExperimentPage({ experiment, change, period, seen = null, rehearsal, problems = [] }: Props) {
  const { key, title, description, state, groups } = experiment;
  return (
    <Layout title={title} section="experiments" notice={change && <ChangeNotice change={change} from="experiment" />}>
      <Errors
        problems={problems}
        nameOf={(place) => groups[place]?.name}
        placeOf={(field) => (field === "override" || field === "reason" ? "override" : null)}
      />
      <div class="heading">
        <h1>{title}</h1>
        <StateBadge experiment={experiment} />
        <div class="actions">
          <a class="button" href={`/experiments/${key}/results`}>
            Results
          </a>
          <a class="button" href={`/experiments/${key}/edit`}>
            Edit
          </a>
          <a class="button" href={`/experiments/${key}/history`}>
            History
          </a>
          <a class="button" href="/experiments/force">
            Preview on your site
          </a>
        </div>
      </div>
      {description !== "" && <p class="description">{description}</p>}
      <NextSteps experiment={experiment} rehearsal={rehearsal} />
      {seen !== null && <UnseenGoals goals={experiment.goals} seen={seen} />}
      {state === "rollout" && <Permanent experiment={experiment} />}
      <Rehearsal experiment={experiment} shown={rehearsal} />
      <h2>Groups</h2>
      <GroupList experiment={experiment} />
      <PreviewLinks experiment={experiment} />
      <h2>Definition</h2>
      <ExperimentFacts experiment={experiment} period={period} />
      <h2>On your page</h2>
      <p>
        This is where visitors see their group. Until it is decided, and where the tag is missing, they see what is in
        it.
      </p>
      <CodeBox id="placeholder" name="Placeholder" code={placeholderCode(experiment)} />
      {state === "inactive" && <Removal experiment={experiment} />}
    </Layout>
  );
}

interface StepsProps {
  readonly experiment: Experiment;
}

function NextSteps({ experiment, rehearsal }: StepsProps & { rehearsal: ShownRehearsal }) {
  const { state, fallback, rolloutGroup, pausedAt, archivedAt } = experiment;
  if (archivedAt !== null) {
    return (
      <section class="card next" aria-label="State">
        <p>
          Archived <Time at={archivedAt} />: everyone sees {fallback}, nothing is counted, and the list leaves it out.
        </p>
        <StateForm experiment={experiment} to="bring back">
          <button type="submit">Bring back</button>
        </StateForm>
      </section>
    );
  }
  if (pausedAt !== null) {
    return (
      <section class="card next" aria-label="State">
        <p>
          Paused since <Time at={pausedAt} />: everyone sees {fallback}, and nobody new is counted.
        </p>
        <StateForm experiment={experiment} to="resume">
          <button type="submit" class="primary" aria-describedby="consequence">
            Resume
          </button>
        </StateForm>
        <p class="detail" id="consequence">
          Visitors are split again at once, and the same period goes on with what it has counted.
        </p>
        <StopForm experiment={experiment} />
      </section>
    );
  }
  if (state === "inactive") {
    return (
      <section class="card next" aria-label="State">
        <p>Everyone sees {fallback}, and nothing is counted.</p>
        <StateForm experiment={experiment} to="active">
          {rehearsal.isAskedFor && <Override standing={rehearsal.standing} />}
          <button type="submit" class="primary" aria-describedby="consequence">
            Start
          </button>
        </StateForm>
        <p class="detail" id="consequence">
          Visitors are split at once. A new period begins: it counts from 0, and what earlier ones counted stays apart.
        </p>
        <StateForm experiment={experiment} to="archive">
          <button type="submit" class="quiet" aria-describedby="archive-consequence">
            Archive
          </button>
          <p class="detail" id="archive-consequence">
            The list leaves it out; its results, history and definition stay.
          </p>
        </StateForm>
      </section>
    );
  }
  if (state === "active") {
    return (
      <section class="card next" aria-label="State">
        <p>Visitors are split by the weights below and counted.</p>
        <StateForm experiment={experiment} to="pause">
          <button type="submit" aria-describedby="consequence">
            Pause
          </button>
        </StateForm>
        <p class="detail" id="consequence">
          Everyone sees {fallback} at once, and nobody new is counted. Resuming goes on with the same count.
        </p>
        <StopForm experiment={experiment} />
        <RolloutForm experiment={experiment} words="Roll out to a group" />
      </section>
    );
  }
  return (
    <section class="card next" aria-label="State">
      <p>Everyone gets {rolloutGroup}, and nothing is counted.</p>
      <StateForm experiment={experiment} to="active">
        {rehearsal.isAskedFor && <Override standing={rehearsal.standing} />}
        <button type="submit" aria-describedby="consequence">
          Test again
        </button>
      </StateForm>
      <p class="detail" id="consequence">
        Visitors are split again at once. A new period begins: it counts from 0.
      </p>
      <RolloutForm experiment={experiment} words="Roll out to another group" />
    </section>
  );
}

/** Ends the period, which a second press confirms. */
function StopForm({ experiment }: StepsProps) {
  return (
    <details>
      <summary>Stop for good</summary>
      <StateForm experiment={experiment} to="inactive">
        <p class="detail">
          Everyone sees {experiment.fallback} at once, and the period ends: what was counted stays, and starting again
          begins a new period that counts from 0.
        </p>
        <button type="submit" class="danger">
          Stop
        </button>
      </StateForm>
    </details>
  );
}

function StateForm({
  experiment,
  to,
  children,
}: StepsProps & { to: State | "pause" | "resume" | "archive" | "bring back"; children?: unknown }) {
  return (
    <form method="post" action={`/experiments/${experiment.key}/state`}>
      <CsrfField />
      <input type="hidden" name="version" value={String(experiment.version)} />
      <input type="hidden" name="state" value={to} />
      {children}
    </form>
  );
}

function RolloutForm({ experiment, words }: StepsProps & { words: string }) {
  const { groups, control, rolloutGroup } = experiment;
  const choices = groups.filter(({ name }) => name !== rolloutGroup);
  const first = choices.find(({ name }) => name !== control) ?? choices[0];
  return (
    <details>
      <summary>{words}</summary>
      <StateForm experiment={experiment} to="rollout">
        <fieldset class="choices">
          <legend>Everyone gets</legend>
          {choices.map(({ name, label }) => (
            <label class="choice">
              <input type="radio" name="rolloutGroup" value={name} checked={name === first?.name} />
              <span>
                {name} {label && <span class="detail">{label}</span>}
              </span>
            </label>
          ))}
        </fieldset>
        <p class="detail">
          All visitors get this group at once, new ones and old ones, and nothing more is counted. It can be taken back;
          testing again opens a new epoch.
        </p>
        <button type="submit" class="primary">
          Roll out
        </button>
      </StateForm>
    </details>
  );
}

function Permanent({ experiment: { key, groups, rolloutGroup } }: { experiment: Experiment }) {
  const group = groups.find(({ name }) => name === rolloutGroup);
  if (!group) return null;
  return (
    <section class="card" aria-labelledby="permanent">
      <h2 id="permanent">Make {group.name} permanent</h2>
      <p>
        In the source of your page, put this in the place of the element with <code>data-exp="{key}"</code>. Then
        nothing asks for the experiment any more, and the page is as fast as before.
      </p>
      <PermanentCode group={group} />
    </section>
  );
}

function PermanentCode({ group }: { group: Group }) {
  if (group.html !== undefined) return <CodeBox id="permanent-code" name="Permanent code" code={group.html} />;
  if (typeof group.payload === "string") {
    return <CodeBox id="permanent-code" name="Permanent text" code={group.payload} />;
  }
  return (
    <p>
      This group has no HTML here, so it is in your page already: keep what is inside{" "}
      <code>{`<template data-group="${group.name}">`}</code>, and take away the template's own tags.
      {group.payload !== undefined && (
        <>
          {" "}
          Its payload is <code>{JSON.stringify(group.payload)}</code>.
        </>
      )}
    </p>
  );
}

function GroupList({ experiment }: { experiment: Experiment }) {
  const { groups, control, fallback, rolloutGroup, state } = experiment;
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  return (
    <>
      <SplitBar weights={groups.map(({ weight }) => weight)} isIdle={state !== "active"} />
      <ul class="group-cards">
        {groups.map(({ name, weight, label, html, payload }, place) => (
          <li class="card">
            <h3>
              <Dot group={place} /> {name}
            </h3>
            {label && <p class="detail">{label}</p>}
            <p>
              <strong>{percent(weight / total)}</strong> <span class="detail">weight {weight}</span>
            </p>
            <p class="actions">
              {name === control && <span class="badge">Control</span>}
              {name === fallback && <span class="badge">Fallback</span>}
              {name === rolloutGroup && <span class="badge note">Rolled out</span>}
            </p>
            {html !== undefined && <Preview title={`What visitors of ${name} see`} html={html} />}
            {payload !== undefined && (
              <p class="payload">
                <span class="detail">Payload</span> <code>{JSON.stringify(payload)}</code>
              </p>
            )}
            {html === undefined && payload === undefined && <p class="detail">What it shows is in your page.</p>}
          </li>
        ))}
      </ul>
    </>
  );
}

/** For an admin: the key must be typed, because it cannot be undone. */
function Erasing({ experiment: { key, version } }: StepsProps) {
  return (
    <form method="post" action={`/experiments/${key}/erase`}>
      <CsrfField />
      <input type="hidden" name="version" value={String(version)} />
      <div class="field">
        <label for="confirm">
          Type <code>{key}</code> to delete it with its events
        </label>
        <input
          id="confirm"
          name="confirm"
          required
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          aria-describedby="erasing-hint"
        />
        <p class="hint" id="erasing-hint">
          Its exposures and its part of every assignment are removed from the log, its copies and the archive. Other
          events of its visitors stay. It cannot be undone.
        </p>
      </div>
      <button type="submit" class="danger">
        Delete {key} with its events
      </button>
    </form>
  );
}

function Removal({ experiment }: StepsProps) {
  return (
    <details class="removal">
      <summary>Delete this experiment</summary>
      <form method="post" action={`/experiments/${experiment.key}/delete`}>
        <CsrfField />
        <input type="hidden" name="version" value={String(experiment.version)} />
        <p class="detail">
          Placeholders of it show what your page has in them. Its events stay in the log and its changes in the history,
          from where it can be brought back.
        </p>
        <button type="submit" class="danger">
          Delete {experiment.title}
        </button>
      </form>
      {pageContext().who?.role === "admin" && <Erasing experiment={experiment} />}
    </details>
  );
}
