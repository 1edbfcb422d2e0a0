/** Calls back after each navigation of a single-page app, even without a change of the document. */
export function watchNavigation(heard: () => void): void {
  // Defer: the app renders the new page in the same task. In engines without the Navigation API the
  // document's changes are observed.
  window.navigation?.addEventListener("currententrychange", () => setTimeout(heard));
}
