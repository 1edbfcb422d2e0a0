import { fieldsOf, NEW_FORM } from "../../admin/form/fields.ts";
import { type Operation, problems } from "./operation.ts";

const HTML = "text/html";
const FORM = ["application/x-www-form-urlencoded"] as const;

const page = (path: string, summary: string): Operation => ({
  method: "get",
  path,
  summary,
  answers: {
    200: { description: "The page.", type: HTML },
    303: { description: "To the login." },
    ...problems(401, 404),
  },
});

const form = (path: string, summary: string, fields: readonly string[], status: 302 | 303 = 303): Operation => ({
  method: "post",
  path,
  summary,
  body: { types: FORM, form: [...fields, "csrf"] },
  answers: { [status]: { description: "To the page that shows it." }, ...problems(400, 401, 403, 404, 413, 422, 503) },
});

const EXPERIMENT_FIELDS = [...fieldsOf(NEW_FORM).map(([name]) => name), "action"];

/** The pages. Entries without a route in the app are left out of the document. */
export const PAGE_OPERATIONS: readonly Operation[] = [
  page("/experiments", "All experiments"),
  form("/experiments/toggle", "Switch an experiment on or off", ["experiment"], 302),
  form("/experiments/undo", "Take a switch back", ["experiment", "version"]),
  page("/experiments/new", "The form of a new experiment"),
  form("/experiments/new", "Create an experiment, or show its form again", EXPERIMENT_FIELDS),
  page("/experiments/:key", "One experiment"),
  page("/experiments/:key/edit", "The form that changes an experiment"),
  form("/experiments/:key/edit", "Change an experiment, or show its form again", [...EXPERIMENT_FIELDS, "version"]),
  page("/experiments/:key/results", "What came of an experiment"),
  {
    method: "get",
    path: "/experiments/:key/results/live",
    summary: "That page's report whenever it has become another one",
    query: { epoch: "the epoch's number", run: "a run of the simulator" },
    answers: {
      200: { description: "Server-sent events: `report` (HTML) and `checked`.", type: "text/event-stream" },
      ...problems(400, 401, 404, 406, 503),
    },
  },
  page("/experiments/:key/links", "Links that show an experiment's report without a login"),
  {
    ...form("/experiments/:key/links", "Make such a link", ["days"]),
    answers: {
      200: { description: "The page, which alone shows the link.", type: HTML },
      ...problems(401, 403, 404, 413, 422, 503),
    },
  },
  form("/experiments/:key/links/revoke", "Revoke such a link", ["id"]),
  {
    method: "get",
    path: "/reports/:secret",
    summary: "The report of an experiment, by a link to it",
    answers: {
      200: { description: "The page.", type: HTML },
      404: { description: "A page that says so: the link is too old, was revoked, or never was one.", type: HTML },
    },
  },
  {
    ...form("/experiments/:key/rehearse", "Let the server rehearse an experiment, where a browser is installed", [
      "page",
      "goals",
    ]),
    answers: { 303: { description: "To its page." }, ...problems(400, 401, 403, 404, 409, 413, 422) },
  },
  page("/experiments/:key/rehearsal", "The report of the last rehearsal, with pictures of each group"),
  page("/experiments/:key/history", "What was changed of an experiment"),
  page("/experiments/history", "What was changed of all experiments and of the settings"),
  page("/experiments/history/:number/revert", "What bringing a change's earlier state back would do"),
  form("/experiments/history/:number/revert", "Bring back what was before a change", ["version"]),
  page("/experiments/install", "How a site gets the tag, and whether it has come"),
  page("/experiments/install/visits", "Whether the tag has come, as a part of that page"),
  page("/experiments/settings", "The global switch and the holdout"),
  page("/experiments/settings/confirm", "What changed settings would do"),
  form("/experiments/settings", "Change the settings", ["version", "enabled", "holdout", "share", "salt"]),
  form("/experiments/settings/log-out", "End all sessions", []),
  page("/experiments/settings/access", "Named tokens and their roles"),
  {
    ...form("/experiments/settings/access", "Make a named token", ["name", "role"]),
    answers: {
      200: { description: "The page, which alone shows the token.", type: HTML },
      ...problems(401, 403, 413, 422, 503),
    },
  },
  form("/experiments/settings/access/revoke", "Revoke a named token", ["name"]),
  page("/experiments/settings/data", "What can be erased or archived, and what was"),
  {
    ...form("/experiments/settings/data/forget", "Take a device or account out of the log", ["unit", "confirmed"]),
    answers: {
      200: { description: "The page that asks again.", type: HTML },
      303: { description: "To the page that shows it." },
      ...problems(401, 403, 413, 422, 503),
    },
  },
  form("/experiments/settings/data/archive", "Move old segments to FAIRSPLIT_ARCHIVE", ["before"]),
  {
    ...page("/experiments/calculator", "How many visitors an effect takes"),
    query: {
      baseline: "conversion rate now, in %",
      lift: "change worth finding, in % of it",
      groups: "weights, the control's first, such as 50/50",
      perDay: "visitors a day",
      alpha: "level in %, 5 unless said",
      power: "chance to find the change in %, 80 unless said",
    },
  },
  page("/experiments/independence", "Whether experiments that are on are independent of each other"),
  page("/experiments/force", "Links that show a group to whoever opens them"),
  form("/experiments/force", "Make such a link", ["group.KEY", "page", "hours"]),
  form("/experiments/:key/exclusions", "Leave a part of the log out of the results, or count it again", [
    "network",
    "day",
    "from",
    "to",
    "remove",
    "epoch",
    "version",
  ]),
  form("/experiments/:key/state", "Start, stop or roll out", [
    "state",
    "rolloutGroup",
    "version",
    "override",
    "reason",
  ]),
  form("/experiments/:key/delete", "Remove an experiment", ["version"]),
  {
    ...form("/experiments/:key/erase", "Delete a stopped experiment with its events", ["confirm", "version"]),
    answers: { 303: { description: "To the page that shows it." }, ...problems(401, 403, 404, 409, 413, 422, 503) },
  },
  page("/login", "The login"),
  page("/login/:code", "The page of a one-time login link"),
  {
    method: "post",
    path: "/login",
    summary: "Log in with the token, or with a link's code",
    body: { types: FORM, form: ["token", "code", "next"] },
    answers: {
      303: {
        description: "Logged in; the cookie is the session.",
        headers: { "Set-Cookie": "HttpOnly, SameSite=Strict" },
      },
      401: { description: "The page again, with what was wrong.", type: HTML },
      ...problems(403, 413, 429),
    },
  },
  {
    method: "post",
    path: "/logout",
    summary: "End the session",
    body: { types: FORM, form: ["csrf"] },
    answers: { 303: { description: "To the login." }, ...problems(401, 403) },
  },
  page("/docs", "This document for people"),
  {
    method: "get",
    path: "/admin.css",
    summary: "The style sheet of the pages",
    answers: { 200: { description: "The style sheet.", type: "text/css" } },
  },
  {
    method: "get",
    path: "/admin.js",
    summary: "What makes the pages a little more pleasant; they work without it",
    answers: { 200: { description: "The script.", type: "text/javascript" } },
  },
];
