import { type Answer, type Operation, problems } from "./operation.ts";

const OFREP_FLAGS = "/ofrep/v1/evaluate/flags";
const OFREP_BASES = ["/compat/ofrep", ""];

const ofrepError: Answer = { description: "An error of OFREP.", schema: "OfrepError" };
const ofrepLimit: Answer = {
  description: "Too many evaluations from this address.",
  schema: "OfrepError",
  headers: { "Retry-After": "seconds to wait" },
};
const ofrepHeaders = { "If-None-Match": "the ETag of an earlier answer to the same context" };

const preflight = (path: string): Operation => ({
  method: "options",
  path,
  summary: "May a page of another site ask? (CORS preflight)",
  answers: { 204: { description: "Yes." } },
});

const OFREP: readonly Operation[] = OFREP_BASES.flatMap((base): Operation[] => [
  {
    method: "post",
    path: `${base}${OFREP_FLAGS}`,
    summary: "OFREP: all flags of a context",
    description: "An evaluation exposes nobody.",
    headers: ofrepHeaders,
    body: { types: ["application/json"], schema: "OfrepRequest" },
    answers: {
      200: { description: "The flags.", schema: "OfrepFlags", headers: { ETag: "of unit, context and registry" } },
      304: { description: "They are what If-None-Match says." },
      400: ofrepError,
      413: ofrepError,
      415: ofrepError,
      429: ofrepLimit,
    },
  },
  {
    method: "post",
    path: `${base}${OFREP_FLAGS}/:key`,
    summary: "OFREP: one flag of a context",
    body: { types: ["application/json"], schema: "OfrepRequest" },
    answers: {
      200: { description: "The flag.", schema: "OfrepFlag" },
      400: ofrepError,
      404: ofrepError,
      413: ofrepError,
      415: ofrepError,
      429: ofrepLimit,
    },
  },
  {
    method: "get",
    path: `${base}/ofrep/v1/events`,
    summary: "OFREP: server-sent events that say when to ask again",
    answers: { 200: { description: "The stream.", type: "text/event-stream" }, ...problems(503) },
  },
  ...[OFREP_FLAGS, `${OFREP_FLAGS}/:key`, "/ofrep/v1/events"].map((path) => preflight(base + path)),
]);

const pipetAnswer = (description: string): Answer => ({ description, schema: "PipetAnswer" });

const PIPET: readonly Operation[] = [
  {
    method: "get",
    path: "/compat/pipet/groups/identify",
    summary: "Proctor Pipet: the groups of a request",
    query: {
      "ctx.NAME": "context variables",
      "id.NAME": "identifiers, at least one",
      test: "names separated by commas; all without it, none when it is empty",
      prforceGroups: "groups to force, by callers that FAIRSPLIT_PIPET_FORCE names",
    },
    answers: { 200: pipetAnswer("groups, context and audit."), 400: pipetAnswer("What is missing or wrong.") },
  },
  {
    method: "get",
    path: "/compat/pipet/proctor/matrix",
    summary: "Proctor Pipet: the test matrix",
    answers: { 200: { description: "All tests.", schema: "Matrix" } },
  },
  {
    method: "get",
    path: "/compat/pipet/proctor/matrix/audit",
    summary: "Proctor Pipet: version and author of the matrix",
    answers: { 200: pipetAnswer("The audit.") },
  },
  {
    method: "get",
    path: "/compat/pipet/proctor/matrix/definition/:test",
    summary: "Proctor Pipet: one test of the matrix",
    answers: { 200: pipetAnswer("The definition."), 404: pipetAnswer("There is no such test.") },
  },
  {
    method: "get",
    path: "/compat/pipet/config/context",
    summary: "Proctor Pipet: the configured context variables",
    answers: { 200: pipetAnswer("By their names.") },
  },
  {
    method: "get",
    path: "/compat/pipet/config/identifiers",
    summary: "Proctor Pipet: the configured identifiers",
    answers: { 200: pipetAnswer("By their names.") },
  },
];

const own = (description: string): Answer => ({ description, schema: "CompatAnswer" });
const JSON_BODY = { types: ["application/json"], schema: "CompatAnswer" } as const;

const GROWTHBOOK: readonly Operation[] = [
  {
    method: "post",
    path: "/compat/growthbook/api/eval/:clientKey",
    summary: "GrowthBook: remote evaluation",
    body: JSON_BODY,
    answers: { 200: own("The features, evaluated."), 400: own("What is wrong."), 413: own("The body is too long.") },
  },
  {
    method: "post",
    path: "/compat/growthbook/track",
    summary: "GrowthBook: events of its tracking plugin",
    query: { client_key: "any text" },
    body: { types: ["text/plain"], schema: "CompatAnswer" },
    answers: { 200: { description: "What became of them.", schema: "EventsAnswer" }, ...problems(429, 503) },
  },
  {
    method: "get",
    path: "/compat/growthbook/api/features/:clientKey",
    summary: "GrowthBook: local evaluation, which is not offered",
    answers: { 404: own("Why.") },
  },
  preflight("/compat/growthbook/api/eval/:clientKey"),
  preflight("/compat/growthbook/track"),
];

const UNLEASH_CLIENT = ["/compat/unleash", "/compat/unleash/api/frontend"];

const UNLEASH: readonly Operation[] = [
  {
    method: "get",
    path: "/compat/unleash/api/frontend",
    summary: "Unleash: the toggles of a context",
    query: { userId: "the user", sessionId: "the session", appName: "of the app", "properties[NAME]": "for rules" },
    answers: { 200: own("The toggles that are enabled."), 304: { description: "They are what If-None-Match says." } },
  },
  {
    method: "post",
    path: "/compat/unleash/api/frontend",
    summary: "Unleash: the toggles of a context",
    body: JSON_BODY,
    answers: { 200: own("The toggles that are enabled."), 400: own("What is wrong.") },
  },
  preflight("/compat/unleash/api/frontend"),
  ...UNLEASH_CLIENT.flatMap((base): Operation[] => [
    {
      method: "post",
      path: `${base}/client/metrics`,
      summary: "Unleash: counts of an app, which name no visitor and count nothing",
      body: JSON_BODY,
      answers: { 202: { description: "Accepted." } },
    },
    {
      method: "post",
      path: `${base}/client/register`,
      summary: "Unleash: an app says that it is there",
      body: JSON_BODY,
      answers: { 200: { description: "Accepted." } },
    },
    {
      method: "post",
      path: `${base}/client/impressions`,
      summary: "Unleash: impression events, which are the exposures",
      body: JSON_BODY,
      answers: { 200: { description: "What became of them.", schema: "EventsAnswer" }, ...problems(429, 503) },
    },
    ...["metrics", "register", "impressions"].map((name) => preflight(`${base}/client/${name}`)),
  ]),
  {
    method: "get",
    path: "/compat/unleash/api/client/features",
    summary: "Unleash: evaluation by back-end SDKs, which is not offered",
    answers: { 404: own("Why.") },
  },
];

const registryEvent = (name: string, summary: string): Operation => ({
  method: "post",
  path: `/compat/registry/api/experiments/${name}`,
  summary,
  body: JSON_BODY,
  answers: {
    202: own("Whether it is accepted."),
    404: own("There is no such experiment or variant."),
    422: own("Missing fields."),
  },
});

const REGISTRY: readonly Operation[] = [
  {
    method: "get",
    path: "/compat/registry/api/experiments",
    summary: "Registry: what is tested",
    answers: { 200: own("The experiments, their control first.") },
  },
  registryEvent("event", "Registry: an event of a session"),
  registryEvent("impression", "Registry: the exposure of a session"),
  ...["experiments", "experiments/event", "experiments/impression"].map((path) =>
    preflight(`/compat/registry/api/${path}`),
  ),
  {
    method: "get",
    path: "/compat/registry/api/v1/experiments/results",
    summary: "Registry: results of the current period",
    needsLogin: true,
    query: { experiment_key: "one experiment; all without it" },
    answers: { 200: own("Counts by variant."), ...problems(401, 429) },
  },
  {
    method: "get",
    path: "/compat/registry/api/admin/experiments",
    summary: "Registry: the definitions",
    needsLogin: true,
    answers: { 200: own("As in the public list."), 404: own("Everything is off."), ...problems(401, 429) },
  },
  {
    method: "put",
    path: "/compat/registry/api/admin/experiments/:key",
    summary: "Registry: replace or create a definition",
    needsLogin: true,
    body: JSON_BODY,
    answers: { 200: own("As it is listed now."), 422: own("What is wrong."), ...problems(401, 403, 429) },
  },
];

const DJANGO_BASE = "/compat/django/api";
const djangoErrors = { 400: own("Errors by field."), 404: own("There is no such experiment."), ...problems(401, 403) };

const DJANGO: readonly Operation[] = [
  {
    method: "get",
    path: `${DJANGO_BASE}/experiments/`,
    summary: "Django platform: the experiments",
    answers: { 200: own("All of them.") },
  },
  {
    method: "post",
    path: `${DJANGO_BASE}/experiments/`,
    summary: "Django platform: create an experiment",
    needsLogin: true,
    body: JSON_BODY,
    answers: { 201: own("The experiment."), ...djangoErrors },
  },
  {
    method: "get",
    path: `${DJANGO_BASE}/experiments/:id/`,
    summary: "Django platform: one experiment",
    answers: { 200: own("The experiment."), 404: own("There is none.") },
  },
  ...(["put", "patch"] as const).map((method) => ({
    method,
    path: `${DJANGO_BASE}/experiments/:id/`,
    summary: "Django platform: change an experiment",
    needsLogin: true,
    body: JSON_BODY,
    answers: { 200: own("The experiment."), ...djangoErrors },
  })),
  {
    method: "delete",
    path: `${DJANGO_BASE}/experiments/:id/`,
    summary: "Django platform: remove an experiment",
    needsLogin: true,
    answers: { 204: { description: "Removed." }, ...djangoErrors },
  },
  {
    method: "get",
    path: `${DJANGO_BASE}/experiments/:id/assign-group/`,
    summary: "Django platform: a user's group, kept from then on",
    query: { user_id: "the user" },
    answers: { 200: own("The group."), 400: own("user_id is missing."), 404: own("There is no such experiment.") },
  },
  {
    method: "get",
    path: `${DJANGO_BASE}/user-groups/`,
    summary: "Django platform: the newest groups that were assigned",
    query: { experiment_id: "of one experiment; of all without it" },
    answers: { 200: own("In their order.") },
  },
  {
    method: "post",
    path: `${DJANGO_BASE}/events/`,
    summary: "Django platform: an event; view is the exposure",
    body: JSON_BODY,
    answers: { 201: own("The event."), 400: own("Errors by field.") },
  },
  {
    method: "post",
    path: `${DJANGO_BASE}/log-event/`,
    summary: "Django platform: a logged event, which counts for no goal",
    body: JSON_BODY,
    answers: { 202: own("Accepted.") },
  },
  {
    method: "get",
    path: `${DJANGO_BASE}/metrics/`,
    summary: "Django platform: rates by group",
    query: { experiment: "one experiment; all without it" },
    answers: { 200: own("Rows.") },
  },
  ...[
    "experiments/",
    "experiments/:id/",
    "experiments/:id/assign-group/",
    "user-groups/",
    "events/",
    "log-event/",
    "metrics/",
  ].map((path) => preflight(`${DJANGO_BASE}/${path}`)),
];

/** Operations for other systems' clients, in their formats. */
export const COMPAT_OPERATIONS: readonly Operation[] = [
  ...OFREP,
  ...PIPET,
  ...GROWTHBOOK,
  ...UNLEASH,
  ...REGISTRY,
  ...DJANGO,
];
