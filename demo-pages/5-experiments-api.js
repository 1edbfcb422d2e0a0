// Shows what the API answers. It runs before the tag, so that it hears `fairsplit:ready` however fast the tag is.
const KEY = "homepage_button_test";
const REASONS = {
  hash: "the hash of its device id says so",
  inactive: "the experiment is off and everybody sees the fallback",
  rollout: "the experiment is over and everybody gets this group",
};

const find = (name) => document.querySelector(`[${name}]`);

async function ask(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered with status ${response.status}`);
  return response.json();
}

function describe(assigned) {
  if (!assigned) return `The server knows no ${KEY}, so the page shows its own fallback.`;
  return `${KEY} gives this device group ${assigned.group}: ${REASONS[assigned.reason] ?? assigned.reason}.`;
}

async function showAnswers() {
  try {
    const deviceId = /(?:^|; )device_id=([^;]+)/.exec(document.cookie)?.[1] ?? "";
    const url = `/api/expgroups?device_id=${encodeURIComponent(deviceId)}`;
    const [experiments, groups] = await Promise.all([ask("/api/experiments"), ask(url)]);
    find("data-experiments").textContent = JSON.stringify(experiments, null, 2);
    find("data-expgroups").textContent = JSON.stringify(groups, null, 2);
    find("data-status").textContent = describe(groups[KEY]);
  } catch (error) {
    find("data-status").textContent = `No answer: ${error.message}.`;
  }
}

document.addEventListener("fairsplit:ready", showAnswers);
document.addEventListener("DOMContentLoaded", () => find("data-ask").addEventListener("click", showAnswers));
// Back from the admin page: what was switched there is shown here without a reload.
document.addEventListener("visibilitychange", () => document.hidden || showAnswers());
