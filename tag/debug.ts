import type { AssignedGroup } from "../core/http-contract.ts";
import type { Fairsplit } from "./fairsplit.ts";
import { readDevice } from "./identity.ts";

// Loaded by the tag when the page's URL has `fairsplit_debug`: an overlay with this device's
// groups, the reasons, and the reported events. A separate script, because visitors never need it.

const STYLES = `
  :host { all: initial; position: fixed; z-index: 2147483647; inset-block-end: 8px; inset-inline-end: 8px;
    box-sizing: border-box; max-inline-size: min(560px, calc(100vw - 16px)); max-block-size: 60vh; overflow: auto;
    padding: 6px 12px; border: 1px solid #fff; border-radius: 8px; background: #1c1f26; color: #fff; color-scheme: dark;
    font: 13px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
  summary { min-block-size: 24px; cursor: pointer; font-weight: 600; }
  h2 { margin: 8px 0 0; font: inherit; font-weight: 600; }
  table { border-collapse: collapse; }
  caption { text-align: start; font-weight: 600; }
  th, td { padding: 2px 12px 2px 0; text-align: start; vertical-align: top; font-weight: 400; }
  thead th { color: #c5cad6; }
  p { margin: 4px 0; }`;

function element(name: string, ...children: (Node | string)[]): HTMLElement {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

function table(caption: string, heads: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  if (rows.length === 0) return element("p", `${caption}: none`);
  return element(
    "table",
    element("caption", caption),
    element("thead", element("tr", ...heads.map((head) => element("th", head)))),
    element("tbody", ...rows.map((row) => element("tr", ...row.map((cell) => element("td", cell))))),
  );
}

/** Says that this browser's visits are counted, or the reason why not. */
function consent(): string {
  if (navigator.globalPrivacyControl) return "Not counted: the browser sends Global Privacy Control.";
  if (navigator.doNotTrack === "1") return "Not counted: the browser sends Do Not Track.";
  const { deviceId } = (tag.events.at(-1) as { deviceId?: string } | undefined) ?? {};
  if (!deviceId) return "Not counted yet: no consent, or nothing was reported.";
  const isKept = readDevice() === deviceId || document.cookie.includes(deviceId);
  return isKept
    ? `Counted as device ${deviceId}.`
    : `Counted as device ${deviceId} for this page only: the browser keeps neither cookie nor storage.`;
}

function groupRow([key, assigned]: [string, AssignedGroup | undefined]): string[] {
  return [key, assigned?.group || "none", assigned?.reason ?? "unknown to the server", String(assigned?.epoch ?? "")];
}

type Reported = { event: string; experiment?: string; group?: string };

/** Elements whose listeners a variant does not have. */
const INTERACTIVE = "a[href],button,input,select,textarea,form,[onclick],[role=button]";

/** Likely mistakes of the page, each as a sentence. */
function warnings(): string[] {
  const reported = (tag.events as readonly Reported[]).filter(({ event }) => event === "empty_variant");
  const placed = document.querySelectorAll<HTMLElement>("[data-exp]");
  const found = [...placed].flatMap((placeholder) => {
    const key = placeholder.getAttribute("data-exp");
    const assigned = tag.groups[`${key}`];
    const isUnknown = Object.keys(tag.groups)[0] && !assigned;
    const group = assigned?.group || assigned?.fallback;
    const templates = [...placeholder.querySelectorAll<HTMLElement>(":scope>template[data-group]")];
    const takesPayload = placeholder.matches("[data-exp-text],[data-exp-attr]");
    const isObject = assigned?.payload === Object(assigned?.payload);
    const isReplaced = tag.shows.get(placeholder)?.aside.querySelector(INTERACTIVE);
    const isMissing = assigned && templates[0] && !templates.some(({ dataset }) => dataset.group === group);
    return [
      isUnknown && "there is no such experiment, or it was never started.",
      takesPayload && assigned && isObject && "the payload is an object, which is not shown as text.",
      takesPayload && assigned?.payload === null && `group ${group} has no payload.`,
      isMissing && !assigned.html && !takesPayload && `there is no template for group ${group}.`,
      reported.some(({ experiment }) => experiment === key) &&
        `the variant of group ${group} is empty; if it is meant, say so by data-empty. Redirects lead to this site only.`,
      isReplaced &&
        "listeners that a script binds to the page's own elements here do not hear the variant: use data-exp-keep, or listen on the document.",
    ].flatMap((text) => (text ? [`${key}: ${text}`] : []));
  });
  const { deviceId } = (tag.events.at(-1) as { deviceId?: string } | undefined) ?? {};
  if (deviceId && !document.cookie.includes(deviceId))
    found.push(
      "The cookie cannot be written: one that scripts may not see has its name, or data-cookie-domain is not this site's.",
    );
  return [...new Set(found)];
}

/** The events, newest first. */
function eventRows(events: readonly object[]): string[][] {
  return (events as readonly Reported[])
    .slice(-20)
    .reverse()
    .map(({ event, experiment, group }) => [event, experiment ?? "", group ?? ""]);
}

const tag = window.fairsplit as Fairsplit;
const host = document.createElement("fairsplit-debug");
const root = host.attachShadow({ mode: "open" });
// A style element would require 'unsafe-inline'.
const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLES);
root.adoptedStyleSheets = [sheet];
const shown = element("div");
const details = element("details", element("summary", "fairsplit"), shown) as HTMLDetailsElement;
details.open = true;
const aside = element("aside", details);
aside.ariaLabel = "What fairsplit does on this page";
root.append(aside);

function show(): void {
  shown.replaceChildren(
    element("p", consent()),
    ...warnings().map((text) => element("p", `⚠ ${text}`)),
    table("Groups", ["Experiment", "Group", "Reason", "Epoch"], Object.entries(tag.groups).map(groupRow)),
    table("Reported, the newest first", ["Event", "Experiment", "Group"], eventRows(tag.events)),
  );
}
show();
// Also for what is reported without an event of the document.
const push = (...reported: object[]) => {
  setTimeout(show);
  return Array.prototype.push.apply(tag.events, reported);
};
// Assigning it would throw where the page has frozen the prototypes.
Object.defineProperty(tag.events, "push", { value: push });
// Defer the update: the tag is still rendering and reporting.
for (const type of ["fairsplit:ready", "fairsplit:exposure", "fairsplit:error", "click"])
  addEventListener(type, () => setTimeout(show), true);
document.documentElement.append(host);
