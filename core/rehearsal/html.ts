import { type RehearsalReport, type RehearsalView, SCREENS } from "./report.ts";

/** The style of a report's page, for the hash in a content security policy. */
export const REHEARSAL_STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
h1, p, code, td, th { overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.6rem; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
thead th { white-space: nowrap; }
td.result { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.fix { margin: 0.25rem 0 0; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
.pictures.phone { grid-template-columns: repeat(auto-fill, minmax(min(100%, 12rem), 1fr)); }
figure { margin: 0; }
figure img { box-sizing: border-box; width: 100%; height: auto; border: 1px solid color-mix(in srgb, currentColor 30%, transparent); }
.phone figure img { max-width: 16rem; }
@media (max-width: 40rem) {
  thead { display: none; }
  tr { display: block; padding: 0.5rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
  th, td, .number { display: block; border: 0; padding: 0.1rem 0; text-align: left; }
  [data-label]::before { content: attr(data-label) ": "; }
}
`;

const COLUMNS = ["Visits", "Time to variant", "Layout shift", "Largest paint"];

/** The report of a rehearsal as one self-contained HTML page without scripts. */
export function rehearsalHtml(report: RehearsalReport): string {
  const { ok, experiment, page, startedAt, seconds, browser, checks, views, withoutTag } = report;
  const result = ok ? "Rehearsal passed" : "Rehearsal failed";
  const checkRows = checks.map(({ name, ok: passed, tested, detail, fix }) => {
    const state = passed ? (tested ? "✓ passed" : "– not tested") : "✗ failed";
    const how = fix === null ? "" : `<p class="fix"><strong>Fix:</strong> ${escapeHtml(fix)}</p>`;
    return `<tr><th scope="row">${name}</th><td class="result">${state}</td><td>${escapeHtml(detail)}${how}</td></tr>`;
  });
  const figureRows = [
    ...views.map((view) => figureRow(`${view.group}, ${view.screen}`, view)),
    figureRow("without the tag, desktop", withoutTag),
  ];
  const pictures = SCREENS.flatMap((screen) => {
    const shown = views.filter((view) => view.screen === screen && view.picture !== null);
    if (shown.length === 0) return [];
    return `<h2>On a ${screen === "phone" ? "phone-sized" : "desktop"} screen</h2>
<div class="pictures ${screen}">${shown.map(picture).join("")}</div>`;
  });
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${result}: ${escapeHtml(experiment)}</title><style>${REHEARSAL_STYLE}</style></head>
<body>
<main>
<h1>${result}</h1>
<p>Experiment <code>${escapeHtml(experiment)}</code> on <code>${escapeHtml(page)}</code>, ${escapeHtml(startedAt)}, ${seconds.toFixed(1)} s, ${escapeHtml(browser)}.</p>
<h2>Checks</h2>
<table><thead><tr><th scope="col">Check</th><th scope="col">Result</th><th scope="col">Detail</th></tr></thead><tbody>${checkRows.join("")}</tbody></table>
${pictures.join("\n")}
<h2>Figures</h2>
<p>Medians of the visits.</p>
<table><thead><tr><th scope="col">Group and screen</th>${COLUMNS.map((name) => `<th scope="col" class="number">${name}</th>`).join("")}</tr></thead><tbody>${figureRows.join("")}</tbody></table>
</main>
</body>
</html>
`;
}

type Figures = Pick<RehearsalView, "visits" | "timeToVariantMs" | "layoutShift" | "largestPaintMs">;

function figureRow(title: string, { visits, timeToVariantMs, layoutShift, largestPaintMs }: Figures): string {
  const cells = [String(visits), ms(timeToVariantMs), layoutShift?.toFixed(3) ?? "–", ms(largestPaintMs)];
  return `<tr><th scope="row">${escapeHtml(title)}</th>${cells.map((cell, at) => `<td class="number" data-label="${COLUMNS[at]}">${cell}</td>`).join("")}</tr>`;
}

function ms(value: number | null): string {
  return value === null ? "–" : `${Math.round(value)} ms`;
}

function picture({ group, screen, picture }: RehearsalView): string {
  const name = escapeHtml(group);
  // Base64 of "RIFF", with which WebP begins.
  const type = picture?.startsWith("UklGR") ? "webp" : "jpeg";
  return `<figure><figcaption>${name}</figcaption><img alt="The page as group ${name} sees it on ${screen === "phone" ? "a phone" : "a desktop"}" src="data:image/${type};base64,${picture}"></figure>`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
