import { type Operation, problems } from "./operation.ts";

const JSON_TYPES = ["application/json", "text/plain"] as const;

const FORCE = "a signed token whose groups are shown, and nothing is recorded; in the demo also key:group,key:group";

const preflight = (path: string): Operation => ({
  method: "options",
  path,
  summary: "May a page of another site ask? (CORS preflight)",
  answers: { 204: { description: "Yes." } },
});

/** Alternative names of routes, for those on blockers' lists. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ["/api/expgroups", "/groups"],
  ["/events", "/notes"],
  ["/tag.js", "/parts.js"],
  ["/tag.:hash.js", "/parts.:hash.js"],
]);

const OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: "/api/expgroups",
    summary: "The groups of a device",
    description:
      "With a device or an account id, an exp_groups event is recorded, unless a group is forced. `{}` while the global switch is off; bots get every fallback.",
    query: {
      device_id: "for experiments whose unit is the device, 1 to 256 characters; without it their groups are empty",
      account_id: "for experiments whose unit is the account",
      session_id: "for experiments whose unit is the session",
      path: "the page's path, for experiments with routes",
      sticky: "of earlier tags; ignored",
      force: FORCE,
      "ctx.NAME": "what the page says of the visitor, for rules: up to 20 names",
    },
    answers: {
      200: {
        description: "A group for every experiment, by its key.",
        schema: { each: "AssignedGroup" },
      },
      ...problems(400),
    },
  },
  preflight("/api/expgroups"),
  {
    method: "get",
    path: "/api/local-evaluation",
    summary: "What a back end needs to assign groups itself",
    description:
      "With the bearer token of FAIRSPLIT_LOCAL_TOKEN: a line of JSON with the experiments, planned ones too, and the exposed units in binary frames. fairsplit/node reads it.",
    query: { after: "the position of an earlier answer, to get only the units since then" },
    needsLogin: true,
    answers: {
      200: { description: "Experiments and exposed units.", type: "application/octet-stream" },
      ...problems(401, 404),
    },
  },
  {
    method: "post",
    path: "/events",
    summary: "Store events",
    description:
      "Answers when they are durable. While the global switch is off, and for bots, `accepted` is 0. The tag sends none of a preview.",
    headers: {
      "Fairsplit-Run": "the signed name of a simulator's run",
      Authorization: "Bearer and an ingest key, which marks the events as a server's; a wrong one is 401",
    },
    body: { types: JSON_TYPES, schema: "NewEvent", isList: true },
    answers: {
      200: { description: "What became of the events.", schema: "EventsAnswer" },
      ...problems(400, 401, 413, 415, 429, 503, 507),
    },
  },
  preflight("/events"),
  {
    method: "get",
    path: "/api/experiments",
    summary: "What is tested",
    answers: {
      200: {
        description: "The experiments by their keys; `{}` while the global switch is off.",
        schema: { each: "PublicExperiment" },
      },
    },
  },
  preflight("/api/experiments"),
  {
    method: "get",
    path: "/tag.js",
    summary: "The script that a site pastes",
    answers: {
      200: { description: "The script.", type: "text/javascript", headers: { ETag: "strong" } },
      304: { description: "It is what If-None-Match says." },
    },
  },
  {
    method: "get",
    path: "/tag-with-groups.js",
    summary: "The same, before it a new device with its groups for a visitor without one",
    description:
      "Nothing is recorded, and no cookie is set. Who has the cookie device_id, bots and who sends Sec-GPC or DNT get the tag alone.",
    headers: { Referer: "the page, for experiments with routes or rules" },
    answers: {
      200: { description: "The script.", type: "text/javascript" },
      304: { description: "It is what If-None-Match says." },
    },
  },
  {
    method: "get",
    path: "/tag.:hash.js",
    summary: "One version of that script, for ever",
    answers: {
      200: { description: "The script.", type: "text/javascript" },
      304: { description: "It is what If-None-Match says." },
    },
  },
  {
    method: "post",
    path: "/renew",
    summary: "Set the device's cookie again by a header",
    description:
      "For `data-server-cookie`. Only a cookie that the browser sends, and that has the form of a device, is set, for 365 days; not with Sec-GPC or DNT, nor for a page of another site.",
    query: { cookie: "its name", domain: "the domain whose subdomains share it" },
    answers: { 204: { description: "It was set, if there is one.", headers: { "Set-Cookie": "the cookie" } } },
  },
  {
    method: "get",
    path: "/tag-more.:hash.js",
    summary: "The other part of the tag of that version, for ever",
    answers: {
      200: { description: "The script, a module.", type: "text/javascript" },
      304: { description: "It is what If-None-Match says." },
    },
  },
  {
    method: "get",
    path: "/tag-more.js",
    summary: "The other part of the present tag",
    answers: {
      200: { description: "The script, a module.", type: "text/javascript", headers: { ETag: "strong" } },
      304: { description: "It is what If-None-Match says." },
    },
  },
  {
    method: "get",
    path: "/badge.js",
    summary: "What the tag loads when it shows a preview",
    answers: {
      200: { description: "The script, a module.", type: "text/javascript", headers: { ETag: "strong" } },
      304: { description: "It is what If-None-Match says." },
    },
  },
  {
    method: "get",
    path: "/debug.js",
    summary: "What the tag loads when the page's address has fairsplit_debug",
    answers: {
      200: { description: "The script, a module.", type: "text/javascript", headers: { ETag: "strong" } },
      304: { description: "It is what If-None-Match says." },
    },
  },
  {
    method: "get",
    path: "/healthz",
    summary: "Is the process up?",
    answers: { 200: { description: "It is.", schema: "Status" } },
  },
  {
    method: "get",
    path: "/readyz",
    summary: "Does it take requests, and its storage events?",
    answers: { 200: { description: "Both.", schema: "Status" }, ...problems(503) },
  },
];

/** Operations for the tag, pages and other programs: open to any site, without credentials. */
export const PUBLIC_OPERATIONS: readonly Operation[] = OPERATIONS.flatMap((operation) => {
  const path = OTHER_NAMES.get(operation.path);
  const summary = `${operation.summary}, under a name that no blocker's list has`;
  return path === undefined ? [operation] : [operation, { ...operation, path, summary }];
});
