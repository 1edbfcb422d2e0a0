import { MAX_PICTURE_CHARACTERS } from "../../core/rehearsal/report.ts";
import type { Session } from "../cdp.ts";
import { DESCRIBE, FIND } from "./find-in-page.ts";

/** Qualities to try until the picture is small enough. */
const QUALITIES = [70, 40, 10];

/** Opacity above which nothing is seen through an element; arbitrary. */
const OPAQUE = 0.9;

/** Scrolls to the placeholder, which may start to load what is lazy. */
export async function scrollToPlaceholder(page: Session, experiment: string): Promise<void> {
  await page
    .send("Runtime.evaluate", {
      expression: `(${FIND})(${placeholderOf(experiment)})?.scrollIntoView({ block: "center", behavior: "instant" })`,
    })
    .catch(() => undefined);
}

const placeholderOf = (experiment: string) => JSON.stringify([`[data-exp=${JSON.stringify(experiment)}]`]);

/** The opaque element that covers all of the placeholder on the screen; null if none does. */
export async function coverOf(page: Session, experiment: string): Promise<string | null> {
  const answer = await page
    .send<{ result: { value?: string | null } }>("Runtime.evaluate", {
      expression: `(() => {
        const placeholder = (${FIND})(${placeholderOf(experiment)});
        if (!placeholder) return null;
        const root = placeholder.getRootNode();
        const { left, top, right, bottom } = placeholder.getBoundingClientRect();
        const [x, y] = [Math.max(0, left), Math.max(0, top)];
        const [width, height] = [Math.min(innerWidth, right) - x, Math.min(innerHeight, bottom) - y];
        if (width < 1 || height < 1) return null;
        const isOpaque = (element) => {
          const { opacity, backgroundColor, backgroundImage } = getComputedStyle(element);
          if (Number(opacity) < ${OPAQUE}) return false;
          const [, , , alpha = 1] = backgroundColor.match(/[\\d.]+/g)?.map(Number) ?? [];
          return alpha >= ${OPAQUE} || backgroundImage !== "none" || element.matches("img, video, canvas, iframe");
        };
        let cover = null;
        for (const part of [0.1, 0.3, 0.5, 0.7, 0.9]) {
          for (const other of [0.1, 0.5, 0.9]) {
            const stack = root.elementsFromPoint(x + width * part, y + height * other);
            const place = stack.findIndex((each) => each === placeholder || placeholder.contains(each));
            cover = stack.slice(0, place < 0 ? 0 : place).find((each) => !each.contains(placeholder) && isOpaque(each));
            if (!cover) return null;
          }
        }
        return (${DESCRIBE})(cover);
      })()`,
      returnByValue: true,
    })
    .catch(() => null);
  return answer?.result.value ?? null;
}

/** A picture of the screen, WebP in base64; null if it cannot be made. */
export async function takePicture(page: Session): Promise<string | null> {
  for (const quality of QUALITIES) {
    const { data } = await page
      .send<{ data: string }>("Page.captureScreenshot", { format: "webp", quality })
      .catch(() => ({ data: "" }));
    if (data !== "" && data.length <= MAX_PICTURE_CHARACTERS) return data;
  }
  return null;
}
