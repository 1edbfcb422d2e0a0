import type { Experiment } from "../../core/experiment.ts";
import type { LogState } from "../events/log.ts";
import { AccountingPanel } from "./accounting.tsx";
import { CsrfField } from "./csrf-field.tsx";
import { Layout } from "./layout.tsx";
import { Split } from "./split.tsx";
import { StateBadge } from "./state-badge.tsx";

interface Props {
  readonly experiments: readonly Experiment[];
  readonly log: LogState;
  readonly isDemo: boolean;
  readonly csrf: string;
}

/** The table of all experiments (state, groups with their share, fallback, switch), and what became of the events. */
export function ExperimentsPage({ experiments, log, isDemo, csrf }: Props) {
  return (
    <Layout title="Experiments" section="experiments" isDemo={isDemo} csrf={csrf}>
      <h1>Experiments</h1>
      {experiments.length === 0 ? (
        <p class="empty">There is no experiment yet.</p>
      ) : (
        <table class="experiments stack">
          <thead>
            <tr>
              <th scope="col">Experiment</th>
              <th scope="col">State</th>
              <th scope="col">Groups</th>
              <th scope="col">Fallback</th>
              <th scope="col">Switch</th>
            </tr>
          </thead>
          <tbody>
            {experiments.map((experiment) => (
              <Row experiment={experiment} csrf={csrf} />
            ))}
          </tbody>
        </table>
      )}
      <AccountingPanel log={log} />
    </Layout>
  );
}

function Row({ experiment, csrf }: { experiment: Experiment; csrf: string }) {
  const { key, title, state, fallback, rolloutGroup } = experiment;
  return (
    <tr>
      <th scope="row">
        <span class="title">{title}</span>
        {title !== key && <code>{key}</code>}
      </th>
      <td data-label="State">
        <StateBadge state={state} />
        {state === "rollout" && <span class="detail">everyone gets {rolloutGroup}</span>}
      </td>
      <td data-label="Groups">
        <Split experiment={experiment} />
      </td>
      <td data-label="Fallback">{fallback}</td>
      <td data-label="Switch">
        <form method="post" action="/experiments/toggle">
          <CsrfField token={csrf} />
          <input type="hidden" name="experiment" value={key} />
          <button
            type="submit"
            class={state === "active" ? "stop" : "start"}
            aria-label={`${switchWord(state)} ${title}`}
          >
            {switchWord(state)}
          </button>
        </form>
        <span class="detail">{consequence(experiment)}</span>
      </td>
    </tr>
  );
}

function switchWord(state: Experiment["state"]): string {
  return state === "active" ? "Switch off" : "Switch on";
}

function consequence({ state, fallback }: Experiment): string {
  return state === "active"
    ? `Off: everyone sees ${fallback}, nothing is counted.`
    : "On: visitors are split, a new count starts.";
}
