import type { Fairsplit } from "./fairsplit.ts";

// Loaded by the tag when a page shows a preview: names the previewed groups, and offers a way to
// leave. A separate script, because visitors never need it. Tags of earlier versions load it too:
// its use of `fairsplit.groups` must not change.

/**
 * Set styles by script: a content security policy without 'unsafe-inline' forbids style elements
 * and attributes.
 */
type Styles = Partial<CSSStyleDeclaration>;

const HOST: Styles = {
  all: "initial",
  position: "fixed",
  zIndex: "2147483647",
  insetBlockEnd: "8px",
  insetInlineStart: "8px",
  boxSizing: "border-box",
  maxInlineSize: "min(320px, calc(100vw - 16px))",
  maxBlockSize: "40vh",
  overflow: "auto",
  padding: "6px 12px",
  border: "1px solid #fff",
  borderRadius: "8px",
  background: "#1c1f26",
  color: "#fff",
  // Keeps the browser's own focus ring visible.
  colorScheme: "dark",
  font: "14px/1.5 system-ui, sans-serif",
  overflowWrap: "anywhere",
};
/** Minimum target size of WCAG 2.2. */
const TARGET: Styles = { minBlockSize: "24px", cursor: "pointer" };

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  styles: Styles,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  Object.assign(made.style, styles);
  made.append(...children);
  return made;
}

function badge(forced: readonly (readonly [key: string, group: string])[]): HTMLElement {
  const end = new URL(location.href);
  end.searchParams.set("fairsplit_force", "");
  const link = element("a", { ...TARGET, display: "inline-block", color: "#a3bbff" }, "End the preview");
  link.href = end.href;
  const details = element(
    "details",
    {},
    element("summary", { ...TARGET, fontWeight: "600" }, "Preview, not counted"),
    element(
      "ul",
      { margin: "0", padding: "0", listStyle: "none" },
      ...forced.map(([key, group]) => element("li", {}, `${key}: ${group}`)),
    ),
    link,
  );
  details.open = true;
  const aside = element("aside", {}, details);
  aside.ariaLabel = "Preview by fairsplit";
  const host = document.createElement("fairsplit-badge");
  Object.assign(host.style, HOST);
  // A shadow root keeps the page's style sheets out.
  host.attachShadow({ mode: "open" }).append(aside);
  return host;
}

const forced = Object.entries((window.fairsplit as Fairsplit).groups).flatMap(([key, assigned]) =>
  assigned?.reason === "forced" ? [[key, assigned.group] as const] : [],
);
// Some pages replace all content of the body.
document.documentElement.append(badge(forced));
