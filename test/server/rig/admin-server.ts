import type { Entry } from "../../../server/registry/history-entry.ts";
import { start } from "./built-program.ts";

const TOKEN = "a-token-of-the-tests-0123456789";

/** The API adds an experiment's status, which follows from what is stored. */
const asStored = (name: string, value: unknown) => (name === "status" && typeof value === "string" ? undefined : value);

/**
 * A server in a separate process, and its admin's requests. Null if the server died before it
 * answered.
 */
export async function startServer(data: string, more: readonly string[] = []) {
  const server = await start(["serve", "--data", data, "--port", "0", "--admin-token", TOKEN, ...more]);
  const send = async (method: string, path: string, body?: unknown, version?: number) => {
    try {
      const response = await fetch(`${server.base}/api/admin${path}`, {
        method,
        headers: {
          authorization: `Bearer ${TOKEN}`,
          "content-type": "application/json",
          ...(version === undefined ? {} : { "if-match": `"${version}"` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === "" ? null : JSON.parse(text, asStored) };
    } catch {
      return null;
    }
  };
  /** The whole history, oldest first. */
  const history = async () => {
    const entries = (await send("GET", "/history?limit=1000"))?.body as Entry[];
    return entries.reverse();
  };
  return { ...server, send, history };
}
