import type { AssignedGroup } from "../../core/http-contract.ts";

/** What the server says of a device in group B of a running experiment. */
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
