import { Hono } from "hono";
import { compressedAnswers } from "../http/compressed-answers.ts";
import type { Lane } from "../http/fast-lane.ts";
import { type Env, preflight, problemAnswer, respond, type SentAnswer } from "../http/http.ts";
import { type PlainRequest, plainNodeRequest, plainRequest } from "../http/plain-request.ts";
import { BadParameter } from "../http/visitor.ts";
import type { AnswerGroups } from "./groups-answer.ts";

/** The tag requests the second path, which is on no blocker's list. */
const GROUPS_PATHS = ["/api/expgroups", "/groups"];

/** `GET /api/expgroups`. A listening server answers it in the fast lane instead. */
export function expgroupsRoutes(groups: AnswerGroups) {
  const answer = compressedGroups(groups);
  return new Hono<Env>()
    .on("GET", GROUPS_PATHS, async (c) => respond(await answer(plainRequest(c))))
    .on("OPTIONS", GROUPS_PATHS, preflight);
}

export function groupsLane(groups: AnswerGroups): Lane {
  const answer = compressedGroups(groups);
  return { method: "GET", paths: GROUPS_PATHS, answer: (incoming) => answer(plainNodeRequest(incoming)) };
}

function compressedGroups(groups: AnswerGroups): (request: PlainRequest) => SentAnswer | Promise<SentAnswer> {
  const compressed = compressedAnswers();
  return (request) => {
    try {
      return compressed(groups(request), request.header);
    } catch (error) {
      if (error instanceof BadParameter) return problemAnswer(400, "Bad Request", error.message);
      throw error;
    }
  };
}
