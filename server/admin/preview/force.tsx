import type { Experiment } from "../../../core/experiment.ts";
import { hasGroup } from "../../../core/group.ts";
import type { Problem } from "../../../core/parse.ts";
import { FORCE_PARAMETER, type Forces, type ForceToken } from "../../tokens/force.ts";
import { CodeBox } from "../ui/code-box.tsx";
import { CsrfField } from "../ui/csrf-field.tsx";
import { Errors } from "../ui/errors.tsx";
import { percent } from "../ui/format.ts";
import { Layout } from "../ui/layout.tsx";
import { pageContext } from "../ui/page-context.ts";
import { Dot, SplitBar } from "../ui/split.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { Time } from "../ui/time.tsx";
import { forceLink } from "./page-link.ts";

/** Experiments that are shown beside the chosen ones; more are searched for. */
const MAX_SHOWN = 50;
/** Field of the address with the link's token. */
const FORCE_FIELD = "force";
/** Lifetimes of a link, in hours. */
const LIFETIMES = [1, 4, 8, 24];

interface Props {
  readonly experiments: readonly Experiment[];
  /** Text to search for in keys and titles; experiments beyond the first are found by it. */
  readonly search: string;
  /** The form's fields. */
  readonly chosen: Forces;
  readonly page: string;
  readonly hours: string;
  /** The link that was made: the preview in effect. */
  readonly link: (ForceToken & { readonly token: string; readonly page: URL | null }) | null;
  /** The address has an expired or invalid token. */
  readonly isOver?: boolean;
  readonly problems?: readonly Problem[];
}

/** Form for preview links: all experiments with their groups, and the link made last. */
export function ForcePage({ experiments, search, chosen, page, hours, link, isOver, problems = [] }: Props) {
  const { shown, more } = shownOf(experiments, chosen, search);
  const placeOf = (field: string) => {
    const experiment = experiments.find(({ key }) => field === `group.${key}`);
    if (experiment) return placeOfGroup(experiment.key);
    return field === "page" || field === "hours" ? field : null;
  };
  return (
    <Layout title="Preview groups" section="force">
      <Errors problems={problems} placeOf={placeOf} />
      <h1>Preview groups</h1>
      <p>See your site with the groups of your choice, also of stopped experiments. Previews are never counted.</p>
      {isOver && (
        <p class="warning" role="status">
          That link has ended, or it was not made here: it shows nothing but what every visitor sees.
        </p>
      )}
      {link && <Link link={link} experiments={experiments} />}
      {(more > 0 || search !== "") && (
        <form class="filter" method="get" action="/experiments/force">
          {link && <input type="hidden" name={FORCE_FIELD} value={link.token} />}
          <input type="hidden" name="page" value={page} />
          <input type="hidden" name="hours" value={hours} />
          <div class="field">
            <label for="q">Search title and key</label>
            <input id="q" name="q" value={search} maxlength={100} autocomplete="off" />
          </div>
          <button type="submit">Search</button>
          {more > 0 && <p class="detail">{more} more experiments are not shown: search for them.</p>}
        </form>
      )}
      {experiments.length === 0 ? (
        <div class="card empty">
          <p>There is no experiment yet.</p>
        </div>
      ) : (
        <form method="post" action="/experiments/force">
          <CsrfField />
          <h2>{link ? "Choose others" : "Choose the groups"}</h2>
          {shown.map((experiment) => (
            <Choice experiment={experiment} chosen={chosen.get(experiment.key)} />
          ))}
          <PageFields page={page} hours={hours} problems={problems} />
          <p class="actions">
            <button type="submit" class="primary">
              Make the link
            </button>
            <a class="button" href="/experiments/force">
              Reset
            </a>
          </p>
        </form>
      )}
    </Layout>
  );
}

/**
 * Chosen experiments and, of those that a search finds, the first; archived ones only if chosen.
 */
function shownOf(experiments: readonly Experiment[], chosen: Forces, search: string) {
  const text = search.trim().toLowerCase();
  const found = experiments.filter(
    (one) => !chosen.has(one.key) && one.archivedAt === null && `${one.title} ${one.key}`.toLowerCase().includes(text),
  );
  const live = (one: Experiment) => (one.state === "inactive" ? 1 : 0);
  const sorted = found.sort((a, b) => live(a) - live(b));
  const shown = [...experiments.filter(({ key }) => chosen.has(key)), ...sorted.slice(0, MAX_SHOWN)];
  return { shown, more: Math.max(0, found.length - MAX_SHOWN) };
}

function Link({ link, experiments }: { link: NonNullable<Props["link"]>; experiments: readonly Experiment[] }) {
  const { token, forces, expiresAt, page } = link;
  const address = page && forceLink(page, token);
  return (
    <section class="card" aria-labelledby="forced">
      <h2 id="forced">In this preview</h2>
      <ul class="forced">
        {[...forces].map(([key, group]) => (
          <li>
            <Forced name={key} group={group} experiment={experiments.find((experiment) => experiment.key === key)} />
          </li>
        ))}
      </ul>
      {address !== null && (
        <p class="actions">
          <a class="button primary" href={address} target="_blank" rel="noopener noreferrer">
            Open the page
          </a>
        </p>
      )}
      <CodeBox
        id="force-link"
        name={address === null ? "To be added to a page's address" : "Link"}
        code={address ?? `?${FORCE_PARAMETER}=${token}`}
      />
      <p class="detail">
        It works until <Time at={new Date(expiresAt).toISOString()} />, and cannot be taken back before. Whoever has it
        sees these groups, and can do nothing else with it. The tab that it is opened in keeps them from page to page,
        until it is closed or the preview is ended in the badge that every page then has.
      </p>
    </section>
  );
}

function Forced({ name, group, experiment }: { name: string; group: string; experiment: Experiment | undefined }) {
  if (!experiment) {
    return (
      <>
        <code>{name}</code>: {group} <span class="detail">(there is no such experiment any more)</span>
      </>
    );
  }
  return (
    <>
      <a href={`/experiments/${name}`}>{experiment.title}</a>: <strong>{group}</strong>
      {!hasGroup(experiment.groups, group) && <span class="detail"> (there is no such group any more)</span>}
    </>
  );
}

function placeOfGroup(key: string): string {
  return `group-${key}`;
}

function Choice({ experiment, chosen }: { experiment: Experiment; chosen: string | undefined }) {
  const { key, title, state, groups, rolloutGroup } = experiment;
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  const field = `group.${key}`;
  return (
    <fieldset class="card force" id={placeOfGroup(key)}>
      {/* Floats, so that it is not drawn into the border. */}
      <legend>
        {title} {title !== key && <code>{key}</code>} <StateBadge experiment={experiment} />
        {state === "rollout" && <span class="detail"> everyone gets {rolloutGroup}</span>}
      </legend>
      <SplitBar weights={groups.map(({ weight }) => weight)} isIdle={state !== "active"} />
      <div class="force-groups">
        <label class="choice">
          <input type="radio" name={field} value="" checked={chosen === undefined} />
          <span>No preview</span>
        </label>
        {groups.map(({ name, label, weight }, place) => (
          <label class="choice">
            <input type="radio" name={field} value={name} checked={chosen === name} />
            <span>
              <Dot group={place} />
              {name} <span class="share">{percent(weight / total)}</span>
              {label && <span class="detail"> {label}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function PageFields({ page, hours, problems }: Pick<Props, "page" | "hours" | "problems">) {
  const isWrong = (field: string) => (problems?.some((problem) => problem.field === field) ? "true" : undefined);
  return (
    <div class="force-fields">
      <div class="field">
        <label for="page">Page</label>
        <input
          id="page"
          name="page"
          inputmode="url"
          autocomplete="url"
          value={page}
          aria-describedby="page-hint"
          aria-invalid={isWrong("page")}
        />
        <p class="hint" id="page-hint">
          The address of a page of your site, such as https://www.example.com/offer
          {pageContext().isDemo && ", or a path of the demo"}. Without it you get what to add to an address.
        </p>
      </div>
      <div class="field">
        <label for="hours">How long</label>
        <select id="hours" name="hours" aria-invalid={isWrong("hours")}>
          {LIFETIMES.map((lifetime) => (
            <option value={String(lifetime)} selected={String(lifetime) === hours}>
              {lifetime === 1 ? "1 hour" : `${lifetime} hours`}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}
