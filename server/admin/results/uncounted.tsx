import type { Experiment } from "../../../core/experiment.ts";
import { Layout } from "../ui/layout.tsx";
import { Split } from "../ui/split.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { AGAIN_S, type Why, WhyUncounted } from "./why-uncounted.tsx";

interface Props extends Why {
  readonly experiment: Experiment;
  /** Whether people without a login see it. */
  readonly isShared: boolean;
}

/** The results page without numbers: while they are counted for long, or when they cannot be. */
export function UncountedPage({ experiment, why, again, isShared }: Props) {
  const { key, title, epoch } = experiment;
  const section = isShared ? {} : ({ section: "experiments" } as const);
  return (
    <Layout title={`Results of ${title}`} {...section} refreshTo={again} refreshAfterS={AGAIN_S}>
      <div class="heading">
        <h1>Results of {title}</h1>
        <StateBadge experiment={experiment} />
        {!isShared && (
          <div class="actions">
            <a class="button" href={`/experiments/${key}`}>
              Experiment
            </a>
          </div>
        )}
      </div>
      <WhyUncounted why={why} again={again} />
      <section class="card" aria-labelledby="groups">
        <h2 id="groups">Groups of period {epoch}</h2>
        <Split experiment={experiment} />
      </section>
    </Layout>
  );
}
