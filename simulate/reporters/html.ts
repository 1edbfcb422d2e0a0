import type { SimulationReport } from "../report.ts";
import { effectRows, groupRows, reasonOf, resultWords } from "./group-rows.ts";

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: 0.4rem 0.6rem; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); overflow-wrap: anywhere; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.name, .state { white-space: nowrap; }
.scroll { overflow-x: auto; }
code { overflow-wrap: anywhere; }
`;

/** The report as one self-contained HTML file. */
export function html(report: SimulationReport): string {
  const { visits, seed, target, checks, timing } = report;
  const result = resultWords(report);
  const reason = reasonOf(report);
  const checkRows = checks.map(({ name, ok: passed, tested, detail }) => {
    const state = passed ? (tested ? "✓ passed" : "– not tested") : "✗ failed";
    return `<tr><th scope="row" class="name">${name}</th><td class="state">${state}</td><td>${escapeHtml(detail)}</td></tr>`;
  });
  const rows = groupRows(report).map(({ experiment, group, numbers }) => {
    const cells = numbers.map((text) => `<td class="number">${text}</td>`).join("");
    return `<tr><th scope="row">${escapeHtml(experiment)}</th><td>${escapeHtml(group)}</td>${cells}</tr>`;
  });
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${result}: fairsplit simulate</title><style>${STYLE}</style></head>
<body>
<main>
<h1>${result}</h1>
<p>${visits} visits to ${escapeHtml(target)}, seed <code>${escapeHtml(seed)}</code>, ${timing.seconds.toFixed(1)} s, started ${escapeHtml(timing.startedAt)}.</p>
${reason === null ? "" : `<p>Not finished: ${escapeHtml(reason)}.</p>\n`}<h2>Checks</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Checks"><table><thead><tr><th scope="col">Check</th><th scope="col">Result</th><th scope="col">Detail</th></tr></thead><tbody>${checkRows.join("")}</tbody></table></div>
<h2>Groups</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Groups"><table><thead><tr><th scope="col">Experiment</th><th scope="col">Group</th><th scope="col" class="number">Visits</th><th scope="col" class="number">Share</th><th scope="col" class="number">Expected</th><th scope="col" class="number">Conversion</th><th scope="col" class="number">True rate</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>
${effectTable(report)}<p>Run it again: <code>${escapeHtml(report.rerun)}</code></p>
</main>
</body>
</html>
`;
}

function effectTable(report: SimulationReport): string {
  const rows = effectRows(report).map(({ experiment, groups, goal, numbers }) => {
    const cells = numbers.map((text) => `<td class="number">${text}</td>`).join("");
    return `<tr><th scope="row">${escapeHtml(experiment)}</th><td>${escapeHtml(groups)}</td><td>${escapeHtml(goal)}</td>${cells}</tr>`;
  });
  if (rows.length === 0) return "";
  return `<h2>Effects</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Effects"><table><thead><tr><th scope="col">Experiment</th><th scope="col">Groups</th><th scope="col">Goal</th><th scope="col" class="number">Found</th><th scope="col" class="number">95% interval</th><th scope="col" class="number">Truth</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>
`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
