import { Hono } from "hono";
import type { Lane } from "../http/fast-lane.ts";
import { type Env, preflight, respond } from "../http/http.ts";
import { plainNodeRequest, plainRequest } from "../http/plain-request.ts";
import type { AnswerGroups } from "./groups-answer.ts";

/** The tag requests the second path, which is on no blocker's list. */
const GROUPS_PATHS = ["/api/expgroups", "/groups"];

/** `GET /api/expgroups`. A listening server answers it in the fast lane instead. */
export function expgroupsRoutes(answer: AnswerGroups) {
  return new Hono<Env>()
    .on("GET", GROUPS_PATHS, async (c) => respond(await answer(plainRequest(c))))
    .on("OPTIONS", GROUPS_PATHS, preflight);
}

export function groupsLane(answer: AnswerGroups): Lane {
  return { method: "GET", paths: GROUPS_PATHS, answer: (incoming) => answer(plainNodeRequest(incoming)) };
}
