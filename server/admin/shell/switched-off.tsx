import type { Entry } from "../../registry/history-entry.ts";
import { Layout } from "../ui/layout.tsx";
import { Time } from "../ui/time.tsx";

interface Props {
  /** Last change of the settings; null when the history does not have it. */
  readonly since: Entry | null;
}

/** Replaces every page of an experiment while all are switched off. */
export function SwitchedOffPage({ since }: Props) {
  return (
    <Layout title="Stopped">
      <div class="card empty">
        <h1>All experiments are stopped</h1>
        <p>
          Pages show their fallback or their own content, and nothing is counted. Start the experiments again in the
          settings.
        </p>
        {since && (
          <p class="detail">
            The settings were last changed <Time at={since.at} /> by {since.by}.
          </p>
        )}
        <p>
          <a class="button primary" href="/experiments/settings">
            Go to the settings
          </a>
        </p>
      </div>
    </Layout>
  );
}
