import { type Connections, openConnections } from "../connections.ts";

/** Connections to each origin that a page asks. */
export function openConnectionsByOrigin(concurrency: number, headers: Readonly<Record<string, string>>) {
  const open = new Map<string, Connections>();
  return {
    send(url: URL, method: "GET" | "POST", body?: string) {
      const connections = open.get(url.origin) ?? openConnections(url.origin, concurrency, headers);
      open.set(url.origin, connections);
      return connections.send(method, url.pathname + url.search, body);
    },
    async close() {
      await Promise.all([...open.values()].map((each) => each.close()));
    },
  };
}
