import type { Experiment } from "../../../core/experiment.ts";
import type { Report } from "../../../core/report/report.ts";
import { Layout } from "../ui/layout.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { Time } from "../ui/time.tsx";
import { ResultsReport } from "./results-report.tsx";

interface Props {
  readonly report: Report;
  readonly experiment: Experiment;
  /** ISO 8601 time in UTC. */
  readonly expiresAt: string;
}

/** The present report, for who has a link to it and no login. */
export function SharedReportPage({ report, experiment, expiresAt }: Props) {
  return (
    <Layout title={`Results of ${experiment.title}`}>
      <div class="heading">
        <h1>Results of {experiment.title}</h1>
        <StateBadge experiment={experiment} />
      </div>
      <p class="detail">
        This link shows the results of this experiment, and nothing else, until <Time at={expiresAt} />.
      </p>
      <div class="shared">
        <ResultsReport report={report} experiment={experiment} />
      </div>
    </Layout>
  );
}
