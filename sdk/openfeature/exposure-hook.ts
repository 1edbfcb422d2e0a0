/** Part of an evaluation's details that the hook uses; the same in web and server SDKs. */
interface HookContext {
  readonly flagKey: string;
  readonly context: Readonly<Record<string, unknown>>;
}

interface Details {
  readonly flagMetadata?: Readonly<Record<string, string | number | boolean>>;
}

export interface ExposureHookOptions {
  /** URL of the fairsplit server, such as `https://ab.example.com`. */
  readonly baseUrl: string;
  readonly fetch?: typeof fetch;
  /** Called with what went wrong; a hook never fails an evaluation. */
  readonly onError?: (error: Error) => void;
}

export interface ExposureHook {
  after(hookContext: HookContext, details: Details): void;
  /** Resolves when all exposures that were reported so far are stored or have failed. */
  flush(): Promise<void>;
}

/** Exposures that are remembered, so that one evaluation per request does not store one each. */
const MAX_REMEMBERED = 10_000;
const ATTEMPTS = 4;
const COUNTED = ["hash", "sticky", "allocation"];

/**
 * An OpenFeature hook that reports exposures: the flags of fairsplit's OFREP routes expose nobody
 * until the code asks for one of them. It is for web and server SDKs.
 *
 * @example OpenFeature.addHooks(exposureHook({ baseUrl: "https://ab.example.com" }))
 */
export function exposureHook({ baseUrl, onError, ...options }: ExposureHookOptions): ExposureHook {
  const send = options.fetch ?? fetch;
  const url = `${baseUrl.replace(/\/+$/, "")}/events`;
  const reported = new Set<string>();
  const pending = new Set<Promise<void>>();

  async function post(event: object): Promise<void> {
    const body = JSON.stringify(event);
    for (let attempt = 1; ; attempt += 1) {
      try {
        // Text needs no preflight.
        const response = await send(url, { method: "POST", body, headers: { "content-type": "text/plain" } });
        if (response.ok) return;
        if (response.status < 429) throw new Error(`the exposure is rejected: ${await response.text()}`);
        if (attempt === ATTEMPTS) throw new Error(`the exposure is not stored: status ${response.status}`);
      } catch (error) {
        if (attempt === ATTEMPTS || !(error instanceof TypeError)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** attempt));
    }
  }

  return {
    after({ flagKey, context }, { flagMetadata = {} }) {
      const { group, epoch, reason } = flagMetadata;
      const deviceId = context.deviceId ?? context.targetingKey;
      const accountId = context.accountId;
      if (!COUNTED.includes(String(reason)) || (deviceId === undefined && accountId === undefined)) return;
      const name = JSON.stringify([flagKey, group, epoch, deviceId, accountId]);
      if (reported.has(name)) return;
      if (reported.size >= MAX_REMEMBERED) reported.clear();
      reported.add(name);
      const event = {
        id: randomId(),
        ts: new Date().toISOString(),
        ...(deviceId === undefined ? {} : { deviceId }),
        ...(accountId === undefined ? {} : { accountId }),
        event: "exposure",
        source: "compat:ofrep",
        experiment: flagKey,
        group,
        epoch,
      };
      const sent = post(event).catch((error: Error) => {
        reported.delete(name);
        onError?.(error);
      });
      pending.add(sent);
      void sent.finally(() => pending.delete(sent));
    },
    async flush() {
      await Promise.all(pending);
    },
  };
}

/** 128 random bits; `randomUUID` is missing on plain http. */
function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
