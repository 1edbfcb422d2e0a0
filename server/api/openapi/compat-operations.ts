import { type Answer, type Operation, problems } from "./operation.ts";

const OFREP_FLAGS = "/ofrep/v1/evaluate/flags";
const OFREP_BASES = ["/compat/ofrep", ""];

const ofrepError: Answer = { description: "An error of OFREP.", schema: "OfrepError" };
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

/** What clients of other systems call, in their formats. */
export const COMPAT_OPERATIONS: readonly Operation[] = [...OFREP, ...PIPET];
