import { MAX_PICTURE_CHARACTERS } from "../../core/rehearsal/report.ts";
import type { Session } from "../cdp.ts";
import { FIND } from "./find-in-page.ts";

/** Qualities to try until the picture is small enough. */
const QUALITIES = [70, 40, 10];

/** A picture of the screen around the placeholder, WebP in base64; null if it cannot be made. */
export async function takePicture(page: Session, experiment: string): Promise<string | null> {
  const selector = `[data-exp=${JSON.stringify(experiment)}]`;
  await page
    .send("Runtime.evaluate", {
      expression: `(${FIND})(${JSON.stringify([selector])})?.scrollIntoView({ block: "center", behavior: "instant" })`,
    })
    .catch(() => undefined);
  for (const quality of QUALITIES) {
    const { data } = await page
      .send<{ data: string }>("Page.captureScreenshot", { format: "webp", quality })
      .catch(() => ({ data: "" }));
    if (data !== "" && data.length <= MAX_PICTURE_CHARACTERS) return data;
  }
  return null;
}
