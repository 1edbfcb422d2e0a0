/** The old place of `report/report.ts`. */
export * from "./report/report.ts";
