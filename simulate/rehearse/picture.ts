import { MAX_PICTURE_CHARACTERS } from "../../core/rehearsal/report.ts";
import type { Session } from "../cdp.ts";
import { DESCRIBE, FIND, FIND_ALL } from "./find-in-page.ts";
import { lookTheSame } from "./same-pixels.ts";

/** Qualities to try until the picture is small enough. */
const QUALITIES = [70, 40, 10];

/** Opacity above which nothing is seen through an element; arbitrary. */
const OPAQUE = 0.9;

/** Looks at a placeholder that does not show: pages fade in what has been scrolled to. */
const APPEAR_STEP_MS = 500;
const MAX_APPEAR_STEPS = 6;

/** Time for four frames after scrolling; a page may draw none. */
const MAX_FRAMES_MS = 1000;

/**
 * Scrolls to the placeholder, which may start to load what is lazy. Where visitors cannot scroll
 * (`overflow: hidden`), nothing is scrolled.
 */
export async function scrollToPlaceholder(page: Session, experiment: string): Promise<void> {
  await page
    .send("Runtime.evaluate", {
      expression: `(() => {
        const placeholder = (${FIND})(${placeholderOf(experiment)});
        const fixed = [];
        for (let each = placeholder; each; each = each.parentElement ?? each.getRootNode().host) {
          const { overflowX, overflowY } = getComputedStyle(each);
          if (overflowX === "hidden") fixed.push([each, "scrollLeft", each.scrollLeft]);
          if (overflowY === "hidden") fixed.push([each, "scrollTop", each.scrollTop]);
        }
        // The viewport takes the overflow of the body.
        if (placeholder && getComputedStyle(document.body).overflowX === "hidden")
          fixed.push([document.scrollingElement, "scrollLeft", scrollX]);
        placeholder?.scrollIntoView({ block: "center", behavior: "instant" });
        for (const [element, side, value] of fixed) element[side] = value;
        // Lazy files are requested once a frame has been drawn there.
        const frame = (next) => requestAnimationFrame(() => requestAnimationFrame(next));
        return new Promise((resolve) => { frame(() => frame(resolve)); setTimeout(resolve, ${MAX_FRAMES_MS}); });
      })()`,
      awaitPromise: true,
    })
    .catch(() => undefined);
}

/**
 * True if the screen looks the same when placeholders are made transparent, or the elements that a
 * variant put into them, for as long as pages take to fade them in. It finds what no property tells
 * alone: colours, clips, masks, an element behind others.
 */
export async function isUnseen(page: Session, experiment: string): Promise<boolean> {
  for (let step = 0; step < MAX_APPEAR_STEPS; step += 1) {
    if (step > 0) await new Promise((resolve) => setTimeout(resolve, APPEAR_STEP_MS));
    const shown = await screen(page);
    // An animation changes no attribute, which the page and the tag would hear of.
    const answer = await page
      .send<{ result: { value?: boolean } }>("Runtime.evaluate", {
        expression: `(() => {
          const placeholders = (${FIND_ALL})(${placeholderOf(experiment)}[0]);
          const isBox = (element) => getComputedStyle(element).display !== "contents";
          const hasText = ({ childNodes }) => [...childNodes].some((node) => node.nodeType === 3 && /\\S/.test(node.data));
          const contentOf = (element) => [...element.children].filter((each) => !each.matches("template, style, script, link, meta, noscript"));
          // The border and the background of a placeholder are no variant.
          const isFilled = (element) =>
            element.querySelector(":scope > template[data-group]") !== null && !hasText(element)
            && contentOf(element).some((each) => isBox(each)) && contentOf(element).every((each) => isBox(each));
          const boxesOf = (element) => isBox(element) && !isFilled(element) ? [element] : contentOf(element);
          const boxes = placeholders.flatMap(boxesOf);
          window.${ANIMATIONS} = boxes.map((each) => each.animate({ opacity: [0, 0] }, { duration: 1e8 }));
          return boxes.length > 0 && placeholders.every((each) => isBox(each) || !hasText(each))
            // The top layer takes no opacity from its parents.
            && placeholders.every((each) => each.querySelector(":modal, :popover-open") === null)
            && boxes.every((each) => getComputedStyle(each).opacity === "0");
        })()`,
        returnByValue: true,
      })
      .catch(() => null);
    const without = answer?.result.value ? await screen(page) : null;
    await page
      .send("Runtime.evaluate", { expression: `window.${ANIMATIONS}?.forEach((each) => each.cancel())` })
      .catch(() => undefined);
    if (shown === null || without === null || !lookTheSame(shown, without)) return false;
  }
  return true;
}

/** Name by which a page keeps the animations that hide its placeholders. */
const ANIMATIONS = "fairsplitRehearsalHidden";

/** The screen as PNG in base64, which is the same for the same pixels; null if it cannot be had. */
async function screen(page: Session): Promise<string | null> {
  const answer = await page.send<{ data: string }>("Page.captureScreenshot", { format: "png" }).catch(() => null);
  return answer?.data ?? null;
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
