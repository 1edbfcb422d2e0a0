// Shows which of the four pages this device got. It runs before the tag, so that it hears `fairsplit:ready`.
document.addEventListener("fairsplit:ready", async ({ detail: groups }) => {
  // The tag may be ready before the page is.
  if (document.readyState === "loading") {
    await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
  }
  const { headline_test: headline, homepage_button_test: button } = groups;
  const status = document.querySelector("[data-status]");
  if (!headline || !button) {
    status.textContent = "The server did not answer for both experiments, so the page shows its own fallback.";
    return;
  }
  status.textContent = `This device got the ${headline.group} headline and button ${button.group}.`;
  for (const cell of document.querySelectorAll("[data-page]")) {
    if (cell.dataset.page !== `${headline.group} ${button.group}`) continue;
    const mark = document.createElement("em");
    mark.textContent = "this device";
    cell.classList.add("here");
    cell.append(" ", mark);
  }
});
