import type { Entry } from "../../registry/history-entry.ts";
import { Layout } from "../ui/layout.tsx";
import { Time } from "../ui/time.tsx";

interface Props {
  /** The last change of the settings; null when the history does not have it. */
  readonly since: Entry | null;
  readonly isDemo: boolean;
  readonly csrf: string;
}

/** Stands for every page of an experiment while all are switched off. */
export function SwitchedOffPage({ since, isDemo, csrf }: Props) {
  return (
    <Layout title="Switched off" isDemo={isDemo} csrf={csrf}>
      <div class="card empty">
        <h1>Experiments are switched off</h1>
        <p>
          So there is nothing here, for you and for visitors: pages show their fallback or what they have of their own,
          and nothing is counted.
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
