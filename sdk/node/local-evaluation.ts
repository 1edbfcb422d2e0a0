import { randomUUID } from "node:crypto";
import { MAX_UNIT_ID_LENGTH, type Sha256Hex, sha256Hex } from "../../core/assign.ts";
import { assignedGroup } from "../../core/assigned-group.ts";
import { browserContext } from "../../core/browser-context.ts";
import { isCrawler } from "../../core/crawler.ts";
import { storableText } from "../../core/cut.ts";
import { type Context, evaluate, type StickyEntry } from "../../core/evaluate.ts";
import type { Experiment } from "../../core/experiment.ts";
import { startedOf } from "../../core/started.ts";
import { type ExposedGroups, groupsIn } from "../../core/sticky/exposed-groups.ts";
import type { LocalHeader } from "../../core/sticky/exposed-units.ts";
import { HASH, unitFingerprints } from "../../core/sticky/fingerprint.ts";
import { unitIdOf } from "../../core/unit.ts";
import { CTX_NAME, MAX_CTX_LENGTH, MAX_CTX_NAMES, MAX_PATH_LENGTH } from "../../core/visitor-limits.ts";
import type { Answer } from "./groups.ts";
import { readLocalAnswer } from "./local-answer.ts";
import type { Visitor } from "./unit.ts";

export interface LocalOptions {
  /** The server's `FAIRSPLIT_LOCAL_TOKEN`. */
  readonly token: string;
  /** How often changes and new exposures are asked for, in milliseconds. */
  readonly refreshMs?: number;
  /** Timeout of such a request, in milliseconds: the first one has all exposed units. */
  readonly timeoutMs?: number;
}

interface Dependencies {
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly headers: Readonly<Record<string, string>>;
  readonly staleMs: number;
  readonly onError: (error: Error) => void;
}

interface State {
  readonly header: LocalHeader;
  readonly experiments: Map<string, Experiment>;
  readonly printOf: ReturnType<typeof unitFingerprints>;
  readonly at: number;
}

/** Node's own hash takes a fifth of the time of that in JavaScript; other runtimes lack it. */
const hash: Sha256Hex = (() => {
  const { hash } = (globalThis.process?.getBuiltinModule?.("node:crypto") ?? {}) as Partial<
    typeof import("node:crypto")
  >;
  return hash ? (text: string) => hash("sha256", text, "hex") : sha256Hex;
})();

/**
 * Assigns groups in the process, from the server's experiments and the units that were exposed.
 * Answers are those of `GET /api/expgroups`, of at most `refreshMs` ago.
 */
export class LocalEvaluation {
  readonly #options: Required<LocalOptions>;
  readonly #dependencies: Dependencies;
  #state: State | null = null;
  #exposed = new Map<string, ExposedGroups>();
  #refreshing: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor({ token, refreshMs = 5000, timeoutMs = 60_000 }: LocalOptions, dependencies: Dependencies) {
    this.#options = { token, refreshMs, timeoutMs };
    this.#dependencies = dependencies;
  }

  /**
   * The visitor's groups; null where only the server can tell: before the first answer, long after
   * the last one, for previews, and for what it rejects.
   */
  groups(visitor: Visitor): { readonly answer: Answer; readonly state: "fresh" | "stale" } | null {
    const state = this.#state;
    if (state === null) {
      void this.refresh();
      return null;
    }
    const age = Date.now() - state.at;
    const isStale = age > 3 * this.#options.refreshMs;
    if (isStale && age > this.#dependencies.staleMs) return null;
    return isPlain(visitor) ? { answer: this.#answer(visitor, state), state: isStale ? "stale" : "fresh" } : null;
  }

  /** Takes in what the server will tell later: that a visitor was exposed. */
  expose(key: string, entry: StickyEntry, visitor: Visitor): void {
    const state = this.#state;
    const experiment = state?.experiments.get(key);
    const id = experiment && unitIdOf(experiment.unit, idsOf(visitor));
    if (!state || !experiment || !id || !["device", "account"].includes(experiment.unit)) return;
    groupsIn(this.#exposed, key).add(state.printOf(experiment.unit, id), entry);
  }

  /** Asks the server what has changed. Never rejects. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#load()
      .catch((error: Error) => this.#dependencies.onError(new Error(`local evaluation: ${error.message}`)))
      .finally(() => {
        this.#refreshing = null;
        if (this.#isClosed) return;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => void this.refresh(), this.#options.refreshMs);
        this.#timer.unref?.();
      });
    return this.#refreshing;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #load(): Promise<void> {
    const { url, fetch: send, headers } = this.#dependencies;
    const after = this.#state ? `?after=${encodeURIComponent(this.#state.header.position)}` : "";
    const at = Date.now();
    const response = await send(`${url}/api/local-evaluation${after}`, {
      headers: { ...headers, authorization: `Bearer ${this.#options.token}` },
      signal: AbortSignal.timeout(this.#options.timeoutMs),
    });
    if (!response.ok || !response.body) {
      throw new Error(`the server answers with status ${response.status}: ${(await response.text()).slice(0, 500)}`);
    }
    let tables = this.#exposed;
    const header = await readLocalAnswer(response.body as unknown as AsyncIterable<Uint8Array>, ({ isWhole }) => {
      if (isWhole) tables = new Map();
      return tables;
    });
    if (header.hash !== HASH) {
      const other = header.hash ?? "one of an earlier version";
      throw new Error(`the server's fingerprints are by ${other}, this version's by ${HASH}: update server and client`);
    }
    this.#exposed = tables;
    const experiments = new Map(header.experiments.map((experiment) => [experiment.key, experiment]));
    this.#state = { header, experiments, printOf: unitFingerprints(header.seeds), at };
  }

  #answer(visitor: Visitor, { header, experiments, printOf }: State): Answer {
    const { settings, experiments: list } = header;
    if (!settings.enabled) return {};
    const started = startedOf(list);
    if (visitor.userAgent && isCrawler(visitor.userAgent)) {
      return Object.fromEntries(started.map((one) => [one.key, assignedGroup(one, one.fallback, "bot", one.epoch)]));
    }
    const ids = idsOf(visitor);
    const context: Context = {
      settings,
      experiments: { get: (key) => experiments.get(key), list: () => list },
      path: visitor.path ?? "",
      ctx: new Map(Object.entries(visitor.ctx ?? {}).map(([name, value]) => [name, String(value)])),
      ...browserContext(visitor.language, visitor.userAgent),
      sticky: { of: ({ key, unit }, id) => this.#exposed.get(key)?.find(printOf(unit, id)) },
    };
    return Object.fromEntries(
      started.map((experiment) => {
        const { group, reason, epoch } = evaluate(experiment, unitIdOf(experiment.unit, ids), context, hash);
        return [experiment.key, assignedGroup(experiment, group, reason, epoch)];
      }),
    );
  }
}

function idsOf({ deviceId, accountId, sessionId }: Visitor) {
  return { device: deviceId || null, account: accountId || null, session: sessionId || null, random: randomUUID };
}

/** Whether the server would take all of it as it is. */
function isPlain({ deviceId, accountId, sessionId, path = "", ctx = {}, force }: Visitor): boolean {
  const isText = (text: string, most: number) => text.length <= most && storableText(text) === null;
  const context = Object.entries(ctx);
  return (
    !force &&
    [deviceId, accountId, sessionId].every((id) => !id || isText(id, MAX_UNIT_ID_LENGTH)) &&
    isText(path, MAX_PATH_LENGTH) &&
    context.length <= MAX_CTX_NAMES &&
    context.every(([name, value]) => CTX_NAME.test(name) && isText(String(value), MAX_CTX_LENGTH))
  );
}
