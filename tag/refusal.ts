/**
 * Whether the browser says that its visitor is not to be counted: Global Privacy Control, or Do Not
 * Track.
 */
export const isRefused = () => navigator.globalPrivacyControl || navigator.doNotTrack === "1";
