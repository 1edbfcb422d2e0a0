import { createServer } from "node:net";
import { bad, type Finding, good } from "./finding.ts";

/** Checks that a server can listen on the port. */
export function examinePort(host: string, port: number): Promise<Finding> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "is taken" : `cannot be used (${error.code ?? error.message})`;
      const fix =
        error.code === "EACCES"
          ? "name a port above 1023 by --port, and put a proxy before it"
          : "stop what listens there, or name another one by --port";
      resolve(bad("port", `${host}:${port} ${why}`, fix));
    });
    server.listen(port, host, () => server.close(() => resolve(good("port", `${host}:${port} is free`))));
  });
}
