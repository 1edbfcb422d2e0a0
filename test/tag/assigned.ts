import type { AssignedGroup } from "../../core/http-contract.ts";

/** The server's answer for a device in group B of a running experiment. */
export const ASSIGNED: AssignedGroup = {
  active: true,
  state: "active",
  group: "B",
  fallback: "A",
  epoch: 3,
  value: 1,
  payload: null,
  html: null,
  reason: "hash",
};
