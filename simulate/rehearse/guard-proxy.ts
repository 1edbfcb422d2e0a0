import { lookup } from "node:dns/promises";
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import ipaddr from "ipaddr.js";

/** An address that a page of others must not lead a server's browser to. */
class NotPublic extends Error {}

/** The browser's only way out, so that redirects, scripts and other names of an address are met. */
export interface GuardProxy {
  /** Flags with which a browser uses it for everything. */
  readonly flags: readonly string[];
  close(): void;
}

/**
 * The address to connect to. Throws NotPublic if any of the host's addresses is private, loopback,
 * link-local or otherwise not of the public Internet.
 *
 * @param allowed `host:port` of origins that may be private
 */
export async function publicAddress(host: string, port: number, allowed: ReadonlySet<string>): Promise<string> {
  const name = host.replace(/^\[(.*)\]$/, "$1");
  const found = await lookup(name, { all: true });
  const [first] = found;
  if (!first) throw new NotPublic(`${name} has no address`);
  if (allowed.has(`${host}:${port}`)) return first.address;
  const hidden = found.find(({ address }) => !isPublic(address));
  if (hidden) throw new NotPublic(`${name} is at ${hidden.address}, which is no address of the public Internet`);
  return first.address;
}

/** True if an IP address is one of the public Internet. */
export function isPublic(address: string): boolean {
  // An IPv4 address in the form of IPv6 counts as what it stands for.
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "unicast";
}

/** `host:port` of origins, for `publicAddress`. */
export function hostsOf(origins: readonly string[]): ReadonlySet<string> {
  return new Set(
    origins.map((origin) => {
      const { hostname, port, protocol } = new URL(origin);
      return `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
    }),
  );
}

/** Starts a proxy that connects to public addresses only, and to those of allowed origins. */
export async function startGuardProxy(origins: readonly string[]): Promise<GuardProxy> {
  const allowed = hostsOf(origins);
  const server = createServer((request, response) => {
    answer(request, response, allowed).catch((error: Error) => {
      if (!response.headersSent) response.writeHead(error instanceof NotPublic ? 403 : 502);
      response.end(`${error.message}\n`);
    });
  });
  server.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    tunnel(request.url ?? "", socket, head, allowed).catch((error: Error) => {
      socket.end(`HTTP/1.1 ${error instanceof NotPublic ? "403 Forbidden" : "502 Bad Gateway"}\r\n\r\n`);
    });
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    flags: [
      `--proxy-server=http://127.0.0.1:${port}`,
      // Loopback too, which browsers otherwise reach without a proxy.
      "--proxy-bypass-list=<-loopback>",
      "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    ],
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, allowed: ReadonlySet<string>): Promise<void> {
  const { hostname, port, pathname, search } = new URL(request.url ?? "");
  const address = await publicAddress(hostname, Number(port || 80), allowed);
  const { "proxy-connection": _proxy, ...headers } = request.headers;
  const { method = "GET" } = request;
  await new Promise<void>((resolve, reject) => {
    const upstream = forward(
      { host: address, port: Number(port || 80), path: pathname + search, method, headers },
      (incoming) => {
        response.writeHead(incoming.statusCode ?? 502, incoming.headers);
        incoming.pipe(response);
        incoming.once("close", resolve);
      },
    );
    upstream.once("error", reject);
    response.once("close", () => upstream.destroy());
    request.pipe(upstream);
  });
}

async function tunnel(to: string, socket: Duplex, head: Buffer, allowed: ReadonlySet<string>): Promise<void> {
  const { hostname, port } = new URL(`http://${to}`);
  // A URL leaves out the port 80 of http.
  const number = Number(port || 80);
  const address = await publicAddress(hostname, number, allowed);
  await new Promise<void>((resolve, reject) => {
    const upstream = connect(number, address, () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      upstream.write(head);
      upstream.pipe(socket);
      socket.pipe(upstream);
      resolve();
    });
    upstream.on("error", (error) => {
      reject(error);
      socket.destroy();
    });
    socket.on("error", () => upstream.destroy());
    socket.on("close", () => upstream.destroy());
  });
}
