import type { Goal } from "../../../core/goal.ts";
import type { Report } from "../../../core/report/report.ts";
import { ADMIN_TOKEN } from "./server-process.ts";

const HEADERS = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" };

/** An admin of a server, by its API. */
export class Admin {
  readonly #url: string;

  constructor(url: string) {
    this.#url = `${url}/api/admin/experiments`;
  }

  /** Creates an experiment of two equal groups, A and B, and starts it. */
  async start(key: string, goals: readonly Goal[]): Promise<void> {
    const groups = ["A", "B"].map((name) => ({ name, weight: 1 }));
    await this.#ask("", { method: "POST", body: JSON.stringify({ key, groups, goals }) });
    await this.set(key, { state: "active" });
  }

  /** Changes fields of an experiment. */
  async set(key: string, change: object): Promise<void> {
    await this.#ask(`/${key}`, {
      method: "PUT",
      headers: { ...HEADERS, "if-match": "*" },
      body: JSON.stringify(change),
    });
  }

  async report(key: string): Promise<Report> {
    return (await this.#ask(`/${key}/results`)).json() as Promise<Report>;
  }

  async #ask(path: string, options: RequestInit = {}): Promise<Response> {
    const answer = await fetch(this.#url + path, { headers: HEADERS, ...options });
    if (!answer.ok)
      throw new Error(`${options.method ?? "GET"} ${path} answered ${answer.status}: ${await answer.text()}`);
    return answer;
  }
}
