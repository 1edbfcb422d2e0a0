import type { Report } from "../../../core/report/report.ts";

interface App {
  request(path: string): Response | Promise<Response>;
}

/** Devices and conversions on the primary goal by group, from the report. */
export async function resultsOf(app: App, key: string): Promise<Record<string, [devices: number, converted: number]>> {
  const response = await app.request(`/api/admin/experiments/${key}/results`);
  const report = (await response.json()) as Report;
  const [goal] = report.goals;
  return Object.fromEntries(
    (goal?.groups ?? []).map(({ group, devices, conversions }) => [group, [devices, conversions]]),
  );
}
