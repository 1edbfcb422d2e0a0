/** Truthy if the visitor rejects being counted: Global Privacy Control, or Do Not Track. */
export const isTrackingRejected = () => navigator.globalPrivacyControl || navigator.doNotTrack === "1";
