// Reports what happens on this page, and shows what the server has stored of this device.
const MOST_SHOWN = 10;
const deviceId = /(?:^|; )device_id=([^;]+)/.exec(document.cookie)?.[1];
const status = document.querySelector("[data-status]");
const stored = [];
/** Where to go on reading: each answer of GET /events names the next address. */
let next = `/events?device_id=${encodeURIComponent(deviceId)}`;

function say(text) {
  status.textContent = text;
}

async function record(event, params) {
  const response = await fetch("/events", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ deviceId, event, path: location.pathname, params }),
    keepalive: true,
  });
  if (!response.ok) throw new Error(`the server refused the event with status ${response.status}`);
  const { accepted } = await response.json();
  if (accepted !== 1) throw new Error("the server did not take the event");
}

async function readStored() {
  const response = await fetch(next);
  if (!response.ok) throw new Error(`the server does not show its events here (status ${response.status})`);
  stored.push(...(await response.json()));
  next = /<([^>]+)>; rel="next"/.exec(response.headers.get("link"))?.[1] ?? next;
}

function row({ ts, event, experiment, group, params }) {
  const tr = document.createElement("tr");
  const details = Object.entries({ experiment, group, ...params }).filter(([, value]) => value !== undefined);
  for (const text of [
    new Date(ts).toLocaleTimeString("en-GB"),
    event,
    details.map(([name, value]) => `${name}: ${value}`).join(", ") || "none",
  ]) {
    tr.insertCell().textContent = text;
  }
  return tr;
}

async function report(event, params) {
  try {
    if (!deviceId) throw new Error("this browser keeps no cookies, so there is no device id");
    await record(event, params);
    await readStored();
    const newest = stored.slice(-MOST_SHOWN).reverse();
    document.querySelector("[data-events]").replaceChildren(...newest.map(row));
    say(`${stored.length} stored so far, the last one is ${stored.at(-1)?.event}.`);
  } catch (error) {
    say(`Not stored: ${error.message}.`);
  }
}

document.querySelector("[data-raw]").href = next;
// One after the other, so that no answer is read twice.
let done = report("pageview", {});
document.querySelector("[data-placeholder]").addEventListener("click", ({ target }) => {
  const label = target.closest("button")?.textContent;
  if (label) done = done.then(() => report("button_click", { btn_type: label.at(-1) }));
});
