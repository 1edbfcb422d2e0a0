/** Calls back after each move of a single-page app, whether or not it changes the document. */
export function watchNavigation(heard: () => void): void {
  // What the app shows there comes in the same task. Engines without the Navigation API are heard
  // by what they change.
  window.navigation?.addEventListener("currententrychange", () => setTimeout(heard));
}
