import type { Child } from "hono/jsx";
import type { Experiment } from "../../../core/experiment.ts";
import { LAYER_SLOTS } from "../../../core/layer.ts";
import type { Period } from "../../registry/periods.ts";
import { percent } from "../ui/format.ts";
import { goalWords } from "../ui/goal-words.ts";
import { PeriodDates } from "../ui/period-dates.tsx";
import { planWords } from "../ui/plan-words.ts";
import { Time } from "../ui/time.tsx";

const UNITS = {
  device: "Device",
  account: "Account",
  session: "Session",
  random: "Every request anew",
} as const satisfies Record<Experiment["unit"], string>;

interface Props {
  readonly experiment: Experiment;
  /** The current or last one; undefined where the history does not have it. */
  readonly period: Period | undefined;
}

/** The experiment's definition, except its groups. */
export function ExperimentFacts({ experiment, period }: Props) {
  const { key, salt, epoch, startedAt, endedAt, version, updatedAt, updatedBy, sticky, unit } = experiment;
  const { routes, rule, allocations, dependsOn, layer, goals, plan } = experiment;
  return (
    <dl class="facts card">
      <Fact name="Key">
        <code>{key}</code>
      </Fact>
      <Fact name="Goals">
        <Lines of={goals.map(goalWords)} />
      </Fact>
      <Fact name="Plan">{plan === null ? "None: the sequential test decides" : planWords(plan)}</Fact>
      <Fact name="Pages">{routes.length === 0 ? "Everywhere" : <Lines of={routes} />}</Fact>
      <Fact name="Share of traffic">
        {layer === null
          ? "All"
          : `${percent((layer.to - layer.from) / LAYER_SLOTS)}: slots ${layer.from} to ${layer.to} of layer ${layer.name}`}
      </Fact>
      <Fact name="Rule">{rule === null ? "Everybody" : <code>{rule}</code>}</Fact>
      {allocations.length > 0 && (
        <Fact name="Other weights" isWide>
          <Lines
            of={allocations.map(
              ({ id, rule, weights }) =>
                `${id}: ${weights.map(({ name, weight }) => `${name} ${weight}`).join(", ")} if ${rule}`,
            )}
          />
        </Fact>
      )}
      {dependsOn !== null && (
        <Fact name="Depends on">
          <a href={`/experiments/${dependsOn.key}`}>{dependsOn.key}</a>: only {dependsOn.group}
        </Fact>
      )}
      <Fact name="What is assigned">{UNITS[unit]}</Fact>
      <Fact name="Sticky">{sticky ? "Visitors keep their group when weights change" : "No"}</Fact>
      {salt !== null && (
        <Fact name="Salt">
          <code>{salt}</code>
        </Fact>
      )}
      <Fact name="Period">{epoch === 0 ? "None yet" : <PeriodDates number={epoch} period={period} />}</Fact>
      {startedAt !== null && (
        <Fact name="Started">
          <Time at={startedAt} />
        </Fact>
      )}
      {endedAt !== null && (
        <Fact name="Ended">
          <Time at={endedAt} />
        </Fact>
      )}
      <Fact name="Last change">
        <Time at={updatedAt} /> by {updatedBy}, version {version}
      </Fact>
    </dl>
  );
}

function Fact({ name, isWide = false, children }: { name: string; isWide?: boolean; children?: Child }) {
  return (
    <div class={isWide ? "wide" : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Lines({ of }: { of: readonly string[] }) {
  return (
    <>
      {of.map((line) => (
        <div>{line}</div>
      ))}
    </>
  );
}
