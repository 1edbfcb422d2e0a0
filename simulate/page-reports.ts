import { afterRunning } from "./after-running.ts";
import type { Session } from "./cdp.ts";

/**
 * Lets a page report by a function of that name.
 *
 * @param late the error when no report comes in time
 * @returns a function that runs an action and resolves to the report that follows it; it rejects at
 * once when the browser ends
 */
export async function listenToReports<Report>(
  page: Session,
  { name, patienceMs, late }: { readonly name: string; readonly patienceMs: number; readonly late: string },
): Promise<(action: () => Promise<unknown>) => Promise<Report>> {
  let hear: (report: Report) => void = () => undefined;
  let end: (error: Error) => void = () => undefined;
  page.on("Runtime.bindingCalled", ({ payload }) => hear(JSON.parse(String(payload)) as Report));
  page.onEnd((error) => end(error));
  await page.send("Runtime.addBinding", { name });
  return (action) =>
    new Promise((resolve, reject) => {
      const cancel = afterRunning(patienceMs, () => reject(new Error(late)));
      hear = (report) => {
        cancel();
        resolve(report);
      };
      end = (error) => {
        cancel();
        reject(error);
      };
      action().catch(end);
    });
}
