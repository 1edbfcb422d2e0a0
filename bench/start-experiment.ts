/** Creates an experiment of two equal groups, A and B, in a demo, and starts it. */
export async function startExperiment(base: string, key: string): Promise<void> {
  const groups = [
    { name: "A", weight: 50 },
    { name: "B", weight: 50 },
  ];
  await send(base, "POST", "/api/admin/experiments", { key, groups });
  await send(base, "PUT", `/api/admin/experiments/${key}`, { state: "active" });
}

/** Sends JSON to a server. Throws when the answer is an error. */
export async function send(base: string, method: string, path: string, body: unknown): Promise<void> {
  const headers = { "content-type": "application/json", "if-match": "*" };
  const answer = await fetch(base + path, { method, headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text.slice(0, 200)}`);
}
