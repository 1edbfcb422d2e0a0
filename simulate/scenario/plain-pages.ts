import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pathOf, type Scenario } from "./scenario.ts";

/** Plain pages of a scenario, with the tag of a server. */
export interface ServedPages {
  /** Base URL. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves each page of a scenario on a free loopback port. */
export async function servePages(scenario: Scenario, base: string): Promise<ServedPages> {
  const pages = new Map(
    Object.keys(scenario.pages).map((page) => [pathOf(scenario, page), plainPage(scenario, page, base)]),
  );
  const server = createServer((request, response) => {
    const page = pages.get(new URL(request.url ?? "/", "http://x").pathname);
    response.writeHead(page === undefined ? 404 : 200, { "content-type": "text/html; charset=utf-8" });
    response.end(page ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A page with the placeholders of its experiments, and a button for each goal that is clicked. */
function plainPage(scenario: Scenario, page: string, base: string): string {
  const { experiments, pages, goals, visitors } = scenario;
  const redirect = pages[page]?.redirect ?? {};
  const consent = visitors.consent < 1 ? ' data-consent="required"' : "";
  const placeholders = Object.entries(experiments)
    .filter(([, { pages: on }]) => on.includes(page))
    .map(([key, { groups }]) => {
      const targets = Object.entries(redirect[key] ?? {}).map(([group, to]) => [group, pathOf(scenario, to)]);
      const leaves =
        targets.length > 0 ? ` data-exp-redirect="${escaped(JSON.stringify(Object.fromEntries(targets)))}"` : "";
      const templates = Object.keys(groups).map(
        (group) => `<template data-group="${escaped(group)}"><p>${escaped(`${key}: ${group}`)}</p></template>`,
      );
      return `<div data-exp="${escaped(key)}"${leaves}><p>${escaped(key)}</p>${templates.join("")}</div>`;
    });
  const buttons = Object.entries(goals)
    .filter(([, { page: at, kind, by, delay }]) => at === page && kind !== "value" && by !== "track" && !delay)
    .map(([goal]) => `<button type="button" data-exp-click="${escaped(goal)}">${escaped(goal)}</button>`);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(page)}</title>
<link rel="icon" href="data:,">
<script async src="${escaped(base)}/tag.js"${consent}></script></head>
<body><h1>${escaped(page)}</h1>${placeholders.join("")}${buttons.join("")}</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
