import type { Action, Entry } from "../../registry/history-entry.ts";

/** Labels of actions; `detail` explains what the label cannot. */
export const ACTION_WORDS: Readonly<Record<Action, { readonly word: string; readonly detail?: string }>> = {
  created: { word: "Created" },
  edited: { word: "Edited" },
  started: { word: "Started" },
  stopped: { word: "Stopped" },
  paused: { word: "Paused" },
  resumed: { word: "Resumed" },
  rolled_out: { word: "Rolled out" },
  removed: { word: "Removed" },
  reverted: { word: "Reverted" },
  settings: { word: "Settings" },
  imported: { word: "Imported", detail: "Found in experiments.json when the server started." },
  restored: { word: "Restored", detail: "By fairsplit restore, from a backup." },
  erased: { word: "Erased", detail: "Events were taken out of the log, of a visitor or of a deleted experiment." },
  archived: { word: "Archived" },
  brought_back: { word: "Brought back" },
  log_archived: { word: "Log archived", detail: "Segments of the event log were moved to an archive." },
  token_created: { word: "Token created" },
  token_revoked: { word: "Token revoked" },
  link_created: { word: "Link to a report created" },
  link_revoked: { word: "Link to a report revoked" },
  undone: { word: "Undone", detail: "The server stopped before the change before this one was saved." },
};

/** Starts for which no rehearsal speaks. */
export const START_WORDS: Readonly<Record<NonNullable<Entry["rehearsal"]>, string>> = {
  none: "Started without a rehearsal",
  changed: "Started after a change since its rehearsal",
  failed: "Started although its rehearsal had failed",
};
