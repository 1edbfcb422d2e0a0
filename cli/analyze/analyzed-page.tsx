import { readFileSync } from "node:fs";
import { raw } from "hono/html";
import type { Report } from "../../core/report/report.ts";
import { ResultsReport } from "../../server/admin/results/results-report.tsx";
import type { Analyzed } from "./analyze.ts";
import { independenceText } from "./independence.ts";
import { inputsText } from "./inputs-text.ts";

/** The results as one self-contained page: no server, no script, no network. */
export function analyzedPage({ inputs, reports, independence, notes }: Analyzed): string {
  const css = readFileSync(new URL("admin.css", import.meta.url), "utf8");
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta
          http-equiv="content-security-policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <title>{`Results · fairsplit`}</title>
        <link rel="icon" href="data:," />
        <style>{raw(css)}</style>
      </head>
      <body>
        <main id="main">
          {reports.length > 1 && (
            <nav aria-label="Experiments">
              <ul>
                {reports.map(({ experiment, verdict }, place) => (
                  <li>
                    <a href={`#experiment-${place}`}>{experiment.title}</a>: {verdict.words}
                  </li>
                ))}
              </ul>
            </nav>
          )}
          {reports.map((report, place) => (
            <article aria-labelledby={`experiment-${place}`}>
              <h1 id={`experiment-${place}`}>{report.experiment.title}</h1>
              {raw(withOwnIds(reportHtml(report), place))}
            </article>
          ))}
          {independence.length > 0 && <Lines text={independenceText(independence)} />}
          <h2>What was read</h2>
          <Lines text={inputsText(inputs) + notes.join("\n")} />
        </main>
      </body>
    </html>
  );
  return `<!doctype html>${page}\n`;
}

function Lines({ text }: { text: string }) {
  return <ul>{text.split("\n").map((line) => line && <li>{line}</li>)}</ul>;
}

function reportHtml(report: Report): string {
  const { key } = report.experiment;
  return String(
    <ResultsReport report={report} experiment={{ key, state: "inactive", epoch: report.epoch, groups: [] }} />,
  );
}

/** Makes ids unique on the page. User-chosen text is safe: its quotes are escaped. */
function withOwnIds(html: string, place: number): string {
  return html.replace(/ (id|aria-labelledby|aria-describedby)="([^"]+)"/g, (_, name, ids: string) => {
    return ` ${name}="${ids.replaceAll(/\S+/g, (id) => `${id}-of-${place}`)}"`;
  });
}
