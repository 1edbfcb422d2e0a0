import { type Answer, type Operation, problems } from "./operation.ts";

const ETAG = { ETag: "the version, to be sent as If-Match" };
const IF_MATCH = { "If-Match": 'the ETag of what is to be changed, such as `"3"`, or `*`' };
const JSON_BODY = ["application/json"] as const;
const experiment = (description: string, headers: Record<string, string> = ETAG): Answer => ({
  description,
  schema: "Experiment",
  headers,
});

/** Operations for the admin's programs, with the token as bearer. */
export const ADMIN_OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: "/api/admin/experiments",
    summary: "All experiments, whole",
    answers: {
      200: { description: "In the order in which they were created.", schema: ["Experiment"] },
      ...problems(401, 404),
    },
  },
  {
    method: "post",
    path: "/api/admin/experiments",
    summary: "Create an experiment",
    body: { types: JSON_BODY, schema: "NewExperiment" },
    answers: {
      201: experiment("The experiment.", { ...ETAG, Location: "its path" }),
      ...problems(400, 401, 403, 404, 409, 413, 415, 422, 503),
    },
  },
  {
    method: "get",
    path: "/api/admin/experiments/:key",
    summary: "One experiment",
    answers: { 200: experiment("The experiment."), ...problems(401, 404) },
  },
  {
    method: "put",
    path: "/api/admin/experiments/:key",
    summary: "Change an experiment, its state too",
    headers: IF_MATCH,
    body: { types: JSON_BODY, schema: "ExperimentChange" },
    answers: { 200: experiment("As it is now."), ...problems(400, 401, 403, 404, 412, 413, 415, 422, 428, 503) },
  },
  {
    method: "delete",
    path: "/api/admin/experiments/:key",
    summary: "Remove an experiment",
    description: "The history keeps it. Its key can be used again, with a higher epoch and version.",
    headers: IF_MATCH,
    answers: { 204: { description: "It is gone." }, ...problems(400, 401, 403, 404, 409, 412, 503) },
  },
  {
    method: "post",
    path: "/api/admin/experiments/:key/impact",
    summary: "What a change would do, before it is made",
    body: { types: JSON_BODY, schema: "Proposal" },
    answers: {
      200: { description: "Nothing was changed.", schema: "Impact" },
      ...problems(400, 401, 403, 404, 413, 415, 422),
    },
  },
  {
    method: "post",
    path: "/api/admin/experiments/:key/revert",
    summary: "Bring back what was before a change",
    description:
      'The definition, and the state where that change changed it. What was removed comes back switched off; its ETag is `"0"`.',
    headers: IF_MATCH,
    body: { types: JSON_BODY, schema: "Revert" },
    answers: { 200: experiment("As it is now."), ...problems(400, 401, 403, 404, 412, 413, 415, 422, 428, 503) },
  },
  {
    method: "get",
    path: "/api/admin/experiments/:key/results",
    summary: "The report of an epoch: health, verdict, goals, days",
    query: {
      epoch: "the epoch's number, the present one unless said",
      run: "a run of the simulator; real visitors unless said",
      format: "json or csv; as CSV it has a row for each goal and group",
    },
    answers: { 200: { description: "The report.", schema: "Report" }, ...problems(400, 401, 404, 503) },
  },
  {
    method: "get",
    path: "/api/admin/experiments/:key/links",
    summary: "The valid links to an experiment's report",
    answers: {
      200: { description: "Without their secrets, oldest first.", schema: ["ReportLink"] },
      ...problems(401, 403, 404),
    },
  },
  {
    method: "post",
    path: "/api/admin/experiments/:key/links",
    summary: "Make a link that shows the report without a login",
    description: "`path` is in this answer and in no other.",
    body: { types: JSON_BODY, schema: "NewLink" },
    answers: {
      201: { description: "The link.", schema: "ReportLink" },
      ...problems(400, 401, 403, 404, 413, 415, 422, 503),
    },
  },
  {
    method: "delete",
    path: "/api/admin/experiments/:key/links/:id",
    summary: "Revoke a link to a report",
    answers: { 204: { description: "It shows nothing any more." }, ...problems(401, 403, 404, 503) },
  },
  {
    method: "get",
    path: "/api/admin/settings",
    summary: "The global switch and the holdout",
    answers: { 200: { description: "The settings.", schema: "Settings", headers: ETAG }, ...problems(401) },
  },
  {
    method: "put",
    path: "/api/admin/settings",
    summary: "Change the settings",
    description: "Works while the global switch is off. If-Match may be left out.",
    headers: IF_MATCH,
    body: { types: JSON_BODY, schema: "SettingsChange" },
    answers: {
      200: { description: "As they are now.", schema: "Settings", headers: ETAG },
      ...problems(400, 401, 403, 412, 413, 415, 422, 503),
    },
  },
  {
    method: "get",
    path: "/api/admin/tokens",
    summary: "The named tokens and their roles",
    answers: { 200: { description: "Without the tokens themselves.", schema: ["Token"] }, ...problems(401, 403) },
  },
  {
    method: "post",
    path: "/api/admin/tokens",
    summary: "Make a named token",
    description: "`token` is in this answer and in no other.",
    body: { types: JSON_BODY, schema: "NewToken" },
    answers: {
      201: { description: "The token.", schema: "Token" },
      ...problems(400, 401, 403, 413, 415, 422, 503),
    },
  },
  {
    method: "delete",
    path: "/api/admin/tokens/:name",
    summary: "Revoke a named token, and end its sessions",
    answers: { 204: { description: "It is void." }, ...problems(401, 403, 404, 503) },
  },
  {
    method: "get",
    path: "/api/admin/history",
    summary: "Who changed what, newest first",
    description: "With `format=csv`, or an Accept header that asks for text/csv, all of it as CSV.",
    query: {
      key: "only changes of this experiment",
      before: "only changes with a lower number",
      limit: "1 to 1000, 100 unless said; as CSV all unless said",
      format: "json or csv",
    },
    answers: {
      200: { description: "The changes.", schema: ["HistoryEntry"], headers: { Link: 'where to go on, rel="next"' } },
      ...problems(400, 401),
    },
  },
  {
    method: "get",
    path: "/api/admin/explain",
    summary: "Why a device gets its group",
    query: {
      device_id: "the device",
      experiment: "the experiment's key",
      account_id: "for experiments whose unit is the account",
      session_id: "for experiments whose unit is the session",
      path: "the page's path",
      sticky: "the device's sticky token",
      language: "the visitor's language",
      user_agent: "the visitor's browser",
      "ctx.NAME": "what the page says of the visitor",
    },
    answers: { 200: { description: "Step by step.", schema: "Explanation" }, ...problems(400, 401, 404) },
  },
  {
    method: "get",
    path: "/api/admin/export.ndjson",
    summary: "The raw event log",
    answers: {
      200: { description: "Every stored line, oldest first.", type: "application/x-ndjson" },
      ...problems(401),
    },
  },
  {
    method: "get",
    path: "/events",
    summary: "Stored events, page by page",
    query: {
      since: "what the Link header of an earlier answer said",
      limit: "1 to 10000, 1000 unless said",
      run: "only events of this run",
      device_id: "only events of this device",
      account_id: "only events of this account",
    },
    answers: {
      200: {
        description: "In the order of the log.",
        schema: ["Event"],
        headers: { Link: 'where to go on, rel="next"' },
      },
      ...problems(400, 401),
    },
  },
  {
    method: "post",
    path: "/api/admin/runs",
    summary: "A signed name for a run of the simulator",
    answers: {
      201: { description: "The name, and the header Fairsplit-Run that proves it.", schema: "Run" },
      ...problems(401, 403),
    },
  },
  {
    method: "post",
    path: "/api/admin/experiments/:key/rehearsals",
    summary: "Begin a rehearsal",
    description: "Signed previews for an hour, and the device IDs whose events are heard and never stored.",
    answers: {
      201: { description: "What its visits need.", schema: "BegunRehearsal" },
      ...problems(401, 403, 404),
    },
  },
  {
    method: "get",
    path: "/api/admin/experiments/:key/rehearsals/:id/events",
    summary: "What the visits of a rehearsal would have recorded",
    answers: {
      200: { description: "The latest ones, from memory, oldest first.", schema: ["Event"] },
      ...problems(401, 404),
    },
  },
  {
    method: "get",
    path: "/api/admin/experiments/:key/rehearsal",
    summary: "The last rehearsal of an experiment",
    answers: {
      200: { description: "The report, or null, and how the experiment stands.", schema: "LastRehearsal" },
      ...problems(401, 404),
    },
  },
  {
    method: "put",
    path: "/api/admin/experiments/:key/rehearsal",
    summary: "Keep the report of a rehearsal",
    body: { types: JSON_BODY, schema: "RehearsalReport" },
    answers: {
      204: { description: "It is the experiment's last one." },
      ...problems(400, 401, 403, 404, 413, 415, 422, 503),
    },
  },
  {
    method: "get",
    path: "/metrics",
    summary: "The log's accounting and the process, for Prometheus",
    answers: { 200: { description: "Prometheus text.", type: "text/plain" }, ...problems(401) },
  },
  {
    method: "get",
    path: "/openapi.json",
    summary: "This document",
    answers: { 200: { description: "OpenAPI 3.1." }, ...problems(401) },
  },
];
