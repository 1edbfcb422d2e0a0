import type { BrowserContext, Page } from "playwright-core";

/** Contents of a page's frames; times in milliseconds since its navigation began. */
export interface Watched {
  /** The current time. */
  readonly now: number;
  /** Each content seen in the first placeholder, with the time of its first frame. */
  readonly contents: readonly (readonly [text: string, ms: number])[];
  /** Sum of the layout shifts. */
  readonly shift: number;
  /** Style attributes of the root or the body in any frame. */
  readonly styles: readonly string[];
}

/** Runs in an isolated world, unaffected by what the page does to its globals. */
const WORLD = "frame watcher";
const WATCH = `(() => {
  const watched = { now: 0, contents: [], shift: 0, styles: [] };
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value } of list.getEntries()) if (!hadRecentInput) watched.shift += value;
  }).observe({ type: "layout-shift", buffered: true });
  const look = () => {
    const root = Object.getOwnPropertyDescriptor(Document.prototype, "documentElement").get.call(document);
    const body = Object.getOwnPropertyDescriptor(Document.prototype, "body").get.call(document);
    for (const element of [root, body]) {
      const style = element?.getAttribute("style");
      if (style != null) watched.styles.push(element.nodeName + ": " + style);
    }
    const placeholder = Document.prototype.querySelector.call(document, "[data-exp]");
    const isVisible = placeholder?.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    const text = isVisible ? placeholder.innerText.trim() : "";
    if (text && text !== watched.contents.at(-1)?.[0]) watched.contents.push([text, performance.now()]);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  globalThis.readWatched = () => JSON.stringify({ ...watched, now: performance.now() });
})()`;

/** Watches the frames of all documents of a page; returns those of the current one, if any. */
export async function watchFrames(context: BrowserContext, page: Page): Promise<() => Promise<Watched | undefined>> {
  const session = await context.newCDPSession(page);
  const { frameTree } = await session.send("Page.getFrameTree");
  let contextId: number | undefined;
  session.on("Runtime.executionContextCreated", ({ context: { id, name, auxData } }) => {
    if (name === WORLD && auxData?.frameId === frameTree.frame.id) contextId = id;
  });
  await session.send("Page.enable");
  await session.send("Runtime.enable");
  await session.send("Page.addScriptToEvaluateOnNewDocument", { source: WATCH, worldName: WORLD });
  return async () => {
    if (contextId === undefined) return;
    const read = session.send("Runtime.evaluate", { expression: "readWatched()", contextId });
    // The page is being left.
    const { result } = await read.catch(() => ({ result: { value: undefined } }));
    return result.value && (JSON.parse(result.value) as Watched);
  };
}
