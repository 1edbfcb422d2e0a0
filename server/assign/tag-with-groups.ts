import { randomBytes } from "node:crypto";
import { type Context, Hono } from "hono";
import { assignedGroup } from "../../core/assigned-group.ts";
import { evaluate } from "../../core/evaluate.ts";
import { startedOf } from "../../core/started.ts";
import { unitIdOf } from "../../core/unit.ts";
import { asset } from "../http/asset.ts";
import { isFromBot } from "../http/bots.ts";
import { type Env, type HeaderOf, header, headersOf, PUBLIC_HEADERS } from "../http/http.ts";
import { readBrowser, readReferringPath } from "../http/visitor.ts";
import type { Registry } from "../registry/registry.ts";
import { sha256 } from "../tokens/sha256.ts";
import { RUN_HEADER, type RunSigner } from "../tokens/simulation-run.ts";

const HEADERS = {
  ...PUBLIC_HEADERS,
  "content-type": "text/javascript; charset=utf-8",
  // Cache it although it is for one visitor: the script takes the device only if it comes from the
  // network, which it can also detect when another site loads it.
  "cache-control": "private, max-age=300",
  "timing-allow-origin": "*",
};

interface Deps {
  readonly registry: Registry;
  readonly runs: RunSigner;
  /** `given` is the code that stores the given device, see tag/given-device.ts. */
  readonly assets: { readonly tag: string; readonly given: string };
}

/**
 * `GET /tag-with-groups.js`: the tag, and before it a new device with its groups, for a visitor who
 * has none. Nothing is recorded, and no cookie is set: the tag asks for the groups of the device
 * that it has, as always, and that is recorded.
 *
 * A visitor with a device gets the tag alone: the groups depend on earlier exposures, and on an
 * account or context known to the page. So the answer contains no personal data, and any site may
 * read it.
 */
export function tagWithGroupsRoutes({ registry, runs, assets }: Deps) {
  const plain = asset(assets.tag, HEADERS);
  return new Hono<Env>().get("/tag-with-groups.js", (c, next) => {
    const now = Date.now();
    const isVisitor = runs.verify(header(c, RUN_HEADER), now) !== null || !isFromBot(c);
    if (!isVisitor || !mayBeNew(c) || !registry.settings().enabled || startedOf(registry.list()).length === 0) {
      return plain(c, next);
    }
    const id = randomBytes(16).toString("hex");
    const path = readReferringPath(headersOf(c));
    // Write it as text: in an object literal the key __proto__ has a special meaning.
    const given = JSON.stringify({ id, groups: groupsOf(headersOf(c), registry, id, path), path, at: now });
    const script = `window.fairsplitGiven=${inScript(given)};\n${assets.given}${assets.tag}`;
    return new Response(script, { headers: HEADERS });
  });
}

/**
 * Whether the visitor may get a new device: there is none yet, and the browser does not object to
 * tracking.
 */
function mayBeNew(c: Context<Env>): boolean {
  const hasDevice = /(?:^|;\s*)(?:fairsplit_id|device_id)=/.test(header(c, "cookie") ?? "");
  return !hasDevice && header(c, "sec-gpc") !== "1" && header(c, "dnt") !== "1";
}

/**
 * The groups of a new device. Groups that depend on the page are omitted if the page is unknown.
 */
function groupsOf(header: HeaderOf, registry: Registry, id: string, path: string | undefined) {
  const ids = { device: id, account: null, session: null, random: () => randomBytes(16).toString("hex") };
  const context = {
    settings: registry.settings(),
    experiments: registry,
    path: path ?? "",
    ...readBrowser(header),
  };
  const groups = startedOf(registry.list()).map((experiment) => {
    const { group, reason, epoch } = evaluate(experiment, unitIdOf(experiment.unit, ids), context, sha256);
    return [experiment.key, assignedGroup(experiment, group, reason, epoch)] as const;
  });
  return Object.fromEntries(groups.filter(([, { perPath, kept = true }]) => kept && (!perPath || path !== undefined)));
}

/** A text as a script literal that ends neither its line nor, inlined into a page, the script. */
function inScript(text: string): string {
  return JSON.stringify(text).replace(
    /[<\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
