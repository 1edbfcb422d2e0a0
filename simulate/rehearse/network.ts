import type { Session } from "../cdp.ts";
import type { FailedAsset, GroupsQuestion } from "./visit.ts";

/** Posts of the tag, by both of its paths. */
const REPORTS = ["*/events*", "*/notes*"];
const IS_REPORT = /\/(?:events|notes)$/;
const IS_QUESTION = /\/(?:groups|api\/expgroups)$/;
/** Wait for what is under way; pages may have requests that never end. */
const MAX_QUIET_MS = 2000;
const STEP_MS = 25;
const MAX_FAILED = 50;

/** The requests of a visit. */
export interface Network {
  start(): Promise<void>;
  isIdle(): boolean;
  /** Waits until nothing is under way, but not long. */
  quiet(): Promise<void>;
  /** From now on, pages cannot be left and nothing is written but by the tag. */
  hold(): Promise<void>;
  release(): Promise<void>;
  failed(): readonly FailedAsset[];
  question(): GroupsQuestion | null;
  /** Why a document of the page did not load; null if all did. */
  documentProblem(): string | null;
  /** Status of a document that is an error; null if none is. */
  documentStatus(): number | null;
  foreign(): readonly string[];
}

interface Asked {
  readonly url: string;
  readonly path: string;
  readonly at: number;
  readonly isPost: boolean;
  /** The document that asked. */
  readonly loader: string;
}

/**
 * Watches the requests of a page. Events of devices that are not the rehearsal's are held back:
 * they would be counted. They come where a site's own server makes the device IDs.
 *
 * @param devices the last digits of the rehearsal's device IDs
 */
export function watchNetwork(page: Session, devices: string): Network {
  const asked = new Map<string, Asked>();
  const failed = new Map<string, FailedAsset>();
  const foreign = new Set<string>();
  let question: GroupsQuestion | null = null;
  let documentProblem: string | null = null;
  let documentStatus: number | null = null;
  let isHolding = false;

  page.on("Network.requestWillBeSent", ({ requestId, request, timestamp, type, documentURL, loaderId }) => {
    const { url, method } = request as { url: string; method: string };
    // Streams stay open.
    if (type === "EventSource" || type === "WebSocket" || !/^https?:/.test(url)) return;
    const path = new URL(url).pathname;
    asked.set(String(requestId), {
      url,
      path,
      at: Number(timestamp),
      isPost: method === "POST",
      loader: String(loaderId),
    });
    if (IS_QUESTION.test(path) && method === "GET")
      question ??= { url, document: String(documentURL), status: null, answerMs: null };
  });
  page.on("Page.frameNavigated", ({ frame }) => {
    const { parentId, loaderId } = frame as { parentId?: string; loaderId: string };
    if (parentId !== undefined) return;
    // Nothing is heard any more of what a document asked that was left.
    for (const [requestId, { loader }] of asked) if (loader !== loaderId) asked.delete(requestId);
  });
  page.on("Network.responseReceived", ({ requestId, response, timestamp, type }) => {
    const one = asked.get(String(requestId));
    const { status, url } = response as { status: number; url: string };
    if (one && IS_QUESTION.test(one.path) && question?.status === null) {
      question = { ...question, url, status, answerMs: 1000 * (Number(timestamp) - one.at) };
    }
    if (status >= 400 && type === "Document") documentStatus ??= status;
    if (status >= 400 && type !== "Document") fail(url, `answered ${status}`);
  });
  page.on("Network.loadingFinished", ({ requestId }) => void asked.delete(String(requestId)));
  page.on("Network.loadingFailed", ({ requestId, errorText, canceled, blockedReason, type }) => {
    const one = asked.get(String(requestId));
    asked.delete(String(requestId));
    if (type === "Document" && !isHolding && !canceled) documentProblem ??= String(errorText);
    // Blocked by us or by the page's policy, which is a check of its own.
    if (one && !canceled && !blockedReason && !isHolding && type !== "Document") fail(one.url, String(errorText));
  });
  page.on("Fetch.requestPaused", (paused) => {
    const { requestId, request, resourceType } = paused as {
      requestId: string;
      request: { url: string; method: string; postData?: string };
      resourceType: string;
    };
    const isReport = request.method === "POST" && IS_REPORT.test(new URL(request.url).pathname);
    const strangers = isReport ? strangersIn(request.postData ?? "", devices) : [];
    for (const one of strangers) foreign.add(one);
    const isWrite = !["GET", "HEAD", "OPTIONS"].includes(request.method) && !isReport;
    const isHeldBack = strangers.length > 0 || (isHolding && (isWrite || resourceType === "Document"));
    void (isHeldBack
      ? page.send("Fetch.failRequest", { requestId, errorReason: "Aborted" })
      : page.send("Fetch.continueRequest", { requestId }));
  });
  const fail = (url: string, reason: string) => {
    const { origin, pathname } = new URL(url);
    const file = origin + pathname;
    if (pathname !== "/favicon.ico" && failed.size < MAX_FAILED) failed.set(file, { url: file, reason });
  };
  const intercept = (patterns: readonly string[]) =>
    page.send("Fetch.enable", { patterns: patterns.map((urlPattern) => ({ urlPattern })) });

  return {
    async start() {
      await page.send("Network.enable");
      await intercept(REPORTS);
    },
    isIdle: () => asked.size === 0,
    async quiet() {
      for (let waited = 0; asked.size > 0 && waited < MAX_QUIET_MS; waited += STEP_MS) {
        await new Promise((resolve) => setTimeout(resolve, STEP_MS));
      }
    },
    async hold() {
      isHolding = true;
      await intercept(["*"]);
    },
    async release() {
      isHolding = false;
      await intercept(REPORTS);
    },
    failed: () => [...failed.values()],
    question: () => question,
    documentProblem: () => documentProblem,
    documentStatus: () => documentStatus,
    foreign: () => [...foreign],
  };
}

/** Device IDs in a post of events that are not the rehearsal's. */
function strangersIn(body: string, devices: string): string[] {
  let events: unknown;
  try {
    events = JSON.parse(body);
  } catch {
    return [];
  }
  return [events].flat().flatMap((event) => {
    const { deviceId } = (event ?? {}) as { deviceId?: unknown };
    return typeof deviceId === "string" && !deviceId.endsWith(devices) ? [deviceId] : [];
  });
}
