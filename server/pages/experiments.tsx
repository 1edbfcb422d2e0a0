import type { Experiment } from "../../core/experiment.ts";
import type { LogState } from "../events/log.ts";
import { AccountingPanel } from "./accounting.tsx";
import { CsrfField } from "./csrf-field.tsx";
import { Layout } from "./layout.tsx";

const STATE_WORDS = { active: "Active", inactive: "Inactive", rollout: "Rolled out" } as const;

interface Props {
  readonly experiments: readonly Experiment[];
  readonly log: LogState;
  readonly isDemo: boolean;
  readonly csrf: string;
}

/** The table of all experiments (state, groups with their share, fallback, switch), and what became of the events. */
export function ExperimentsPage({ experiments, log, isDemo, csrf }: Props) {
  return (
    <Layout title="Experiments" isDemo={isDemo} csrf={csrf}>
      <h1>Experiments</h1>
      {experiments.length === 0 ? (
        <p class="empty">There is no experiment yet.</p>
      ) : (
        <table>
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
        <span class={`state ${state}`}>{STATE_WORDS[state]}</span>
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

/** The groups with their shares, and a bar drawn as SVG so that the page needs no inline style. */
function Split({ experiment: { groups, state } }: { experiment: Experiment }) {
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  let start = 0;
  return (
    <>
      <svg
        class={state === "active" ? "split" : "split idle"}
        viewBox="0 0 100 6"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        {groups.map(({ weight }, index) => {
          const width = (100 * weight) / total;
          const bar = <rect class={`group-${index % 6}`} x={start} y="0" width={width} height="6" />;
          start += width;
          return bar;
        })}
      </svg>
      <ul class="groups">
        {groups.map(({ name, weight }, index) => (
          <li>
            <svg class="dot" viewBox="0 0 8 8" aria-hidden="true">
              <circle class={`group-${index % 6}`} cx="4" cy="4" r="4" />
            </svg>
            {name} <span class="share">{percent(weight / total)}</span>
          </li>
        ))}
      </ul>
    </>
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

function percent(share: number): string {
  return `${(100 * share).toLocaleString("en", { maximumFractionDigits: 2 })}%`;
}
