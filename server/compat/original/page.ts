/** Page of the original demo's last stage. */
export interface OriginalPage {
  readonly deviceId: string;
  /** Group of the button, A or B. */
  readonly button: string;
  /** Text of the headline. */
  readonly headline: string;
  /** Exposures to report once the page is shown. */
  readonly exposures: readonly object[];
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string) => text.replace(/[&<>"]/g, (one) => ENTITIES[one] ?? "");

/**
 * The page, complete before its load event: the original's visitors read it without waiting. The
 * first h3 and the first button are the variant's.
 */
export function originalPage({ deviceId, button, headline, exposures }: OriginalPage): string {
  const data = JSON.stringify({ deviceId, button, exposures }).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>A/B testing demo</title></head>
<body>
<div id="headline-container"><h2>${escaped(headline)}</h2></div>
<div id="variant-container"><h3>Variant ${escaped(button)}</h3><button type="button">Click ${escaped(button)}</button></div>
<script type="application/json" id="data">${data}</script>
<script>
const { deviceId, button, exposures } = JSON.parse(document.getElementById("data").textContent);
const send = (events) => fetch("/events", {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(events),
  keepalive: true,
});
send([{ deviceId, event: "pageview", source: "browser" }, ...exposures]);
document.querySelector("button").onclick = () =>
  send([{ deviceId, event: "button_click", source: "browser", params: { btn_type: button } }]);
</script>
</body>
</html>
`;
}
