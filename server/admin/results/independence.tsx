import { PAIR_THRESHOLD } from "../../../core/crossed-pairs.ts";
import { numberWords, pWords, wholeWords } from "../../../core/report/number-words.ts";
import { MIN_SHARED_UNITS } from "../../../core/shared-tally.ts";
import type { Pair, Pairs } from "../../results/pairs.ts";
import { unbroken } from "../ui/format.ts";
import { Layout } from "../ui/layout.tsx";
import { PagesNav } from "../ui/pages-nav.tsx";
import { AGAIN_S, type Why, WhyUncounted } from "./why-uncounted.tsx";

const STATUS = {
  independent: { look: "good", shape: "M1 6.5l3.5 3.5L11 2", words: "Nothing speaks against it" },
  dependent: { look: "bad", shape: "M6 1v6.5M6 10v1", words: "Not independent" },
  linked: { look: "note", shape: "M1 6h10", words: "Linked on purpose" },
  untested: { look: "", shape: "M2 6h8", words: "Too few to tell" },
} as const satisfies Record<Pair["status"], { look: string; shape: string; words: string }>;

interface Props extends Pairs {
  /** Pairs of this page, the worst first. */
  readonly shown: readonly Pair[];
  readonly page: number;
  readonly pages: number;
  /** Number of running experiments. */
  readonly live: number;
  readonly run: string | null;
}

/** Whether running experiments are independent, pair by pair. */
export function IndependencePage(props: Props) {
  const { pairs, total, dependent, live, run, page, pages } = props;
  return (
    <Layout title="Independence" section="experiments">
      <h1>Are the experiments independent?</h1>
      <p>
        A visitor's group in one experiment should say nothing about the group in another: then neither blurs the
        other's results. Each pair is tested over the visitors who have seen both.
      </p>
      {run !== null && (
        <p class="warning">
          Only simulated visitors, of the run <code>{run}</code>.{" "}
          <a href="/experiments/independence">Show the real ones</a>
        </p>
      )}
      {dependent > 0 && (
        <p class="errors" role="alert">
          {dependent === 1 ? "One pair is" : `${wholeWords(dependent)} pairs are`} not independent. Likely causes: a
          rule or a page that only one group leads to; bots; a placeholder that stands inside another experiment's
          group.
        </p>
      )}
      {total === 0 ? (
        <div class="card empty">
          <p>
            {live === 0 ? "No experiment is on" : "Only one experiment is on"}, so there is no pair.{" "}
            <a href="/experiments">All experiments</a>
          </p>
        </div>
      ) : (
        <>
          {pairs.length > 0 && <Table {...props} />}
          <PagesNav
            of="the pairs"
            page={page}
            pages={pages}
            hrefOf={(other) =>
              `/experiments/independence?${new URLSearchParams({ ...(run !== null && { run }), page: String(other) })}`
            }
          />
          {pairs.length < total && (
            <p class="detail">
              {wholeWords(total - pairs.length)} {total - pairs.length === 1 ? "pair shares" : "pairs share"} fewer than{" "}
              {MIN_SHARED_UNITS} visitors: too few to tell anything.
            </p>
          )}
        </>
      )}
    </Layout>
  );
}

/** The page without numbers. */
export function UncountedPairsPage({ why, again }: Why) {
  return (
    <Layout title="Independence" section="experiments" refreshTo={again} refreshAfterS={AGAIN_S}>
      <h1>Are the experiments independent?</h1>
      <WhyUncounted why={why} again={again} />
    </Layout>
  );
}

function Table({ shown, tested }: Pick<Props, "shown" | "tested">) {
  return (
    <>
      <table class="stack">
        <caption class="hidden">Pairs of experiments</caption>
        <thead>
          <tr>
            <th scope="col">Experiments</th>
            <th scope="col" class="number">
              Visitors of both
            </th>
            <th scope="col" class="number">
              Cramér's V
            </th>
            <th scope="col" class="number">
              p
            </th>
            <th scope="col">Independent?</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((pair) => (
            <Row pair={pair} />
          ))}
        </tbody>
      </table>
      <p class="detail as-of">
        Pearson's chi-square, with small counts Fisher's exact test; p adjusted for {wholeWords(tested)}{" "}
        {tested === 1 ? "pair" : "pairs"} (Holm), alarm below {PAIR_THRESHOLD}. Cramér's V is 0 for independent
        experiments and 1 where one group tells the other.
      </p>
    </>
  );
}

function Row({ pair: { a, b, devices, cramersV, pValue, log10P, adjustedP, status } }: { pair: Pair }) {
  const { look, shape, words } = STATUS[status];
  return (
    <tr>
      <th scope="row">
        <a href={`/experiments/${a.key}/results`}>{a.title}</a> and{" "}
        <a href={`/experiments/${b.key}/results`}>{b.title}</a>
      </th>
      <td data-label="Visitors of both" class="number">
        {wholeWords(devices)}
      </td>
      <td data-label="Cramér's V" class="number">
        {cramersV === null ? "–" : numberWords(cramersV, 2)}
      </td>
      <td data-label="p" class="number">
        {adjustedP !== null
          ? unbroken(pWords(adjustedP, log10P, PAIR_THRESHOLD))
          : pValue === null
            ? "–"
            : unbroken(pWords(pValue, log10P, PAIR_THRESHOLD))}
      </td>
      <td data-label="Independent?">
        <span class={`badge wraps ${look}`}>
          <svg class="stroke" viewBox="0 0 12 12" aria-hidden="true">
            <path d={shape} />
          </svg>
          <span>{words}</span>
        </span>
      </td>
    </tr>
  );
}
