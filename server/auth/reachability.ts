/** The settings that determine who can reach the server; see their documentation. */
export interface Reachability {
  readonly host: string;
  readonly baseUrl: string | null;
  readonly trustProxy: number;
}

/**
 * Whether only this computer can reach the server. A base URL elsewhere or a proxy means that
 * others can.
 */
export function isForThisComputerOnly({ host, baseUrl, trustProxy }: Reachability): boolean {
  const name = baseUrl === null ? host : new URL(baseUrl).hostname.replace(/^\[(.*)\]$/, "$1");
  return isLoopback(host) && isLoopback(name) && trustProxy === 0;
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
