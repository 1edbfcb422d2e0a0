import type { Child } from "hono/jsx";
import type { Experiment } from "../../../core/experiment.ts";
import type { PublishedTag } from "../../assign/published-tag.ts";
import { placeholderCode } from "../experiments/placeholder-code.ts";
import { CodeBox } from "../ui/code-box.tsx";
import { Layout } from "../ui/layout.tsx";
import { pinnedCode, policyCode, scriptCode, scriptWithGroupsCode, tagManagerCode } from "./tag-code.ts";

interface Props {
  /** URL at which browsers reach the server. */
  readonly origin: string;
  /** Whether it is configured; otherwise it is the address of this page. */
  readonly isConfigured: boolean;
  readonly tag: PublishedTag;
  readonly experiments: readonly Experiment[];
  /** Experiment whose placeholder is shown; null when there is none. */
  readonly chosen: Experiment | null;
  /** The panel of recent visits. */
  readonly visits: Child;
}

/** How to install the tag on a site, and whether it has been seen. */
export function InstallPage({ origin, isConfigured, tag, experiments, chosen, visits }: Props) {
  return (
    <Layout title="Install" section="install">
      <h1>Install</h1>
      <div class="install">
        <div>
          <section class="card" aria-labelledby="script">
            <h2 id="script">Load the tag on every page</h2>
            <p>
              Into the <code>&lt;head&gt;</code>, as far up as possible.
            </p>
            <CodeBox id="script-code" name="HTML" code={scriptCode(origin)} />
            {!isConfigured && (
              <p class="detail">
                <code>{origin}</code> is the address of this page. When visitors reach the server elsewhere, start it
                with <code>FAIRSPLIT_BASE_URL</code>.
              </p>
            )}
            <details>
              <summary>With the groups of new visitors</summary>
              <p>
                Instead of the line above: new visitors get their groups together with the script, which saves the first
                view one request. For sites that count without asking for consent first; it cannot be pinned, and a
                cache or CDN in front must not keep it.
              </p>
              <CodeBox id="with-groups-code" name="HTML with groups" code={scriptWithGroupsCode(origin)} />
            </details>
            <details>
              <summary>With a tag manager</summary>
              <p>
                As a custom HTML tag, on all pages. Pages are painted before a tag manager runs, so visitors may see a
                placeholder change; the line above is better.
              </p>
              <CodeBox id="tag-manager-code" name="Tag manager" code={tagManagerCode(origin)} />
            </details>
            <details>
              <summary>With a content security policy</summary>
              <p>Where your pages have a policy, these sources have to be in it.</p>
              <CodeBox id="policy-code" name="Content-Security-Policy" code={policyCode(origin)} />
            </details>
            <details>
              <summary>Pin this version (SRI)</summary>
              <p>
                Browsers run it only as long as every byte is the same. The address answers the same for ever, so
                updates reach your pages when you paste the new one.
              </p>
              <CodeBox id="pinned-code" name="HTML with integrity" code={pinnedCode(origin, tag)} />
            </details>
          </section>
          <section class="card" aria-labelledby="placeholder">
            <h2 id="placeholder">Add the placeholder</h2>
            <Placeholder experiments={experiments} chosen={chosen} />
          </section>
        </div>
        {visits}
      </div>
    </Layout>
  );
}

function Placeholder({ experiments, chosen }: Pick<Props, "experiments" | "chosen">) {
  if (chosen === null) {
    return (
      <>
        <p>There is no experiment yet that a page could show.</p>
        <a class="button primary" href="/experiments/new">
          New experiment
        </a>
      </>
    );
  }
  const isInCode = chosen.groups.some(({ html }) => html === undefined);
  return (
    <>
      <form class="choose" method="get" action="/experiments/install#placeholder">
        <div class="field">
          <label for="experiment">Experiment</label>
          <select id="experiment" name="experiment">
            {experiments.map(({ key, title }) => (
              <option value={key} selected={key === chosen.key}>
                {title === key ? key : `${title} (${key})`}
              </option>
            ))}
          </select>
        </div>
        <button type="submit">Show its code</button>
      </form>
      <p>
        Where it is to be seen.{" "}
        {isInCode
          ? "The template of a visitor's group takes the place of the rest; clicks on what has data-exp-click are counted."
          : "What the groups show comes from here, so the page has to say no more."}
      </p>
      <CodeBox id="placeholder-code" name="Placeholder" code={placeholderCode(chosen)} />
      {chosen.state === "inactive" && (
        <p class="detail">
          It is stopped: everyone sees what is in the placeholder until it is{" "}
          <a href={`/experiments/${chosen.key}`}>started</a>.
        </p>
      )}
    </>
  );
}
