import { exclusionWords } from "../../../core/exclusion-words.ts";
import type { Experiment } from "../../../core/experiment.ts";
import type { Report } from "../../../core/report/report.ts";
import { CsrfField } from "../ui/csrf-field.tsx";

interface Props {
  readonly experiment: Experiment;
  readonly report: Report;
}

/** Traffic excluded from an experiment's reports, and forms to change the exclusions. */
export function ExclusionsForm({ experiment, report }: Props) {
  const { key, exclusions } = experiment;
  const networks = (report.health.traffic?.networks ?? []).filter(
    ({ network, day }) => !exclusions.some((one) => "network" in one && one.network === network && one.day === day),
  );
  return (
    <details open={exclusions.length > 0}>
      <summary>Left out of this report{exclusions.length > 0 && ` (${exclusions.length})`}</summary>
      <p class="detail">
        What is left out counts in no period of this experiment. It stays in the log, and each change is in the history.
      </p>
      {exclusions.map((exclusion, place) => (
        <form method="post" action={`/experiments/${key}/exclusions`}>
          <CsrfField />
          <Shown experiment={experiment} report={report} />
          <input type="hidden" name="remove" value={String(place)} />
          {exclusionWords(exclusion)} <button type="submit">Count it again</button>
        </form>
      ))}
      {networks.map(({ network, day }) => (
        <form method="post" action={`/experiments/${key}/exclusions`}>
          <CsrfField />
          <Shown experiment={experiment} report={report} />
          <input type="hidden" name="network" value={network} />
          <input type="hidden" name="day" value={day} />
          <button type="submit">
            Leave out network {network} on {day}
          </button>
        </form>
      ))}
      <form method="post" action={`/experiments/${key}/exclusions`}>
        <CsrfField />
        <Shown experiment={experiment} report={report} />
        <label>
          From (UTC) <input name="from" placeholder="2026-01-31T12:00:00Z" required />
        </label>{" "}
        <label>
          until <input name="to" placeholder="2026-01-31T13:00:00Z" required />
        </label>{" "}
        <button type="submit">Leave out what was received then</button>
      </form>
    </details>
  );
}

/** The version that the person sees, and the period to come back to. */
function Shown({ experiment, report }: Props) {
  return (
    <>
      <input type="hidden" name="version" value={String(experiment.version)} />
      <input type="hidden" name="epoch" value={String(report.epoch)} />
    </>
  );
}
